"""One run of the engine, from its run directory.

    python -m engine data/runs/k3f9qz          # does config.json, appends to events.jsonl

Exit codes: 0 finished, 1 failed, 2 wrong arguments, 3 cancelled. This is the one place where
an exception becomes a `failed` event.
"""

import argparse
import os
import platform
import sys
import time
import traceback
from pathlib import Path

from pydantic import ValidationError

from engine.contract import config as configs
from engine.contract import schema
from engine.contract.events import Cancelled as CancelledEvent
from engine.contract.events import Failed, FailReason, Finished, Started
from engine.contract.layout import RunDir
from engine.emit import Emitter, StopRequest
from engine.errors import Cancelled, EngineError
from engine.versions import versions


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m engine", description=__doc__.splitlines()[0])
    parser.add_argument("run_dir", type=Path, help="folder with a config.json")
    run_dir = RunDir(parser.parse_args(arguments).run_dir)
    if not run_dir.config.is_file():
        parser.error(f"there is no {run_dir.config}")
    stop, emit, since = StopRequest(), Emitter(run_dir.events), time.monotonic()
    try:
        emit(work(run_dir, emit, stop))
    except Cancelled as stopped:
        emit(CancelledEvent(seconds=round(time.monotonic() - since, 2), message=str(stopped)))
        return 3
    except Exception as error:  # the edge: whatever it is, it becomes the run's last event
        emit(failure(error))
        return 1
    return 0


def work(run_dir: RunDir, emit: Emitter, stop: StopRequest) -> Finished:
    """Do the run; a wrong config fails before the seconds that importing torch takes."""
    config = configs.loads(run_dir.config.read_bytes())
    from engine import loading

    device = loading.device(config.compute)
    emit(
        Started(
            pid=os.getpid(),
            host=platform.node(),
            device=loading.device_name(device),
            config_hash=configs.config_hash(config),
            versions=versions(),
        )
    )
    if isinstance(config, configs.GraftConfig):
        from engine.graft.run import run as graft

        return graft(config, run_dir, emit, stop)
    from engine.finetune import run as finetune

    return finetune(config, run_dir, emit, stop)


def failure(error: Exception) -> Failed:
    """The event for an error; the traceback of one that nobody foresaw goes to output.log."""
    if isinstance(error, EngineError):
        print(f"{error.message}\n{error.hint}", file=sys.stderr)
        return Failed(reason=error.reason, message=error.message, hint=error.hint)
    if isinstance(error, ValidationError):
        kinds = [detail["loc"][0] for detail in error.errors() if detail["loc"]]
        found = schema.explain(error, str(kinds[0]) if kinds else "finetune")
        return Failed(reason=FailReason.config, message="; ".join(found.values()))
    if "No space left on device" in str(error):  # safetensors words it in an error of its own
        return Failed(
            reason=FailReason.crashed,
            message="the disk is full",
            hint="free some space (`graftui rm ID` deletes a run with its checkpoint), then rerun",
        )
    traceback.print_exception(error)
    if type(error).__name__ == "OutOfMemoryError":
        return Failed(
            reason=FailReason.oom,
            message=str(error).splitlines()[0],
            hint="set train.micro_batch, or lower compute.batch_tokens",
        )
    if isinstance(error, OSError) and error.filename:
        return Failed(
            reason=FailReason.data, message=str(error), hint="check the path and the disk"
        )
    return Failed(
        reason=FailReason.crashed,
        message=f"{type(error).__name__}: {error}",
        hint="this is a bug: output.log holds the traceback",
    )


if __name__ == "__main__":
    sys.exit(main())
