"""One run of the engine, from its run directory.

    python -m engine data/runs/k3f9qz          # does config.json, appends to events.jsonl

Exit codes: 0 finished, 1 failed, 2 wrong arguments, 3 cancelled, 75 (with --yields) told to stop
and to go on later. This is the one place where an exception becomes a `failed` event.
"""

import argparse
import contextlib
import os
import platform
import shutil
import sys
import time
from pathlib import Path

from engine.contract import config as configs
from engine.contract.events import Cancelled as CancelledEvent
from engine.contract.events import Failed, Finished, Started
from engine.contract.identity import config_hash
from engine.contract.layout import RunDir
from engine.contract.sections import ComputeConfig
from engine.emit import Emitter, StopRequest
from engine.errors import Cancelled
from engine.failure import failure
from engine.provenance import Notes, memory
from engine.versions import versions

YIELDED = 75
"""EX_TEMPFAIL of sysexits.h: it has saved where it stands, if it had come to anything."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m engine", description=__doc__.splitlines()[0])
    parser.add_argument("run_dir", type=Path, help="folder with a config.json")
    parser.add_argument("--attempt", type=int, default=0, help="which start of the run, from 1")
    parser.add_argument(
        "--yields", action="store_true",
        help="told to stop, leave no last event but exit code 75, unless there is attempts/N.stop",
    )  # fmt: skip
    asked = parser.parse_args(arguments)
    run_dir = RunDir(asked.run_dir)
    if not run_dir.config.is_file():
        parser.error(f"there is no {run_dir.config}")
    try:
        emit = Emitter(run_dir.events, asked.attempt)
    except OSError as error:
        print(f"{run_dir.events} cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    emit.notes = Notes(run_dir, asked.attempt)
    stop, since = StopRequest(), time.monotonic()
    try:
        _last_word(emit, work(run_dir, emit, stop))
        shutil.rmtree(run_dir.state, ignore_errors=True)  # nothing is left to go on with
    except Cancelled as stopped:
        if asked.yields and not _stopped_for_good(run_dir, asked.attempt):
            return YIELDED
        seconds = round(time.monotonic() - since, 2)
        _last_word(emit, CancelledEvent(seconds=seconds, message=str(stopped)))
        return 3
    except Exception as error:  # the edge: whatever it is, it becomes the run's last event
        _last_word(emit, failure(error))
        return 1
    finally:
        emit.notes.close()
    return 0


def work(run_dir: RunDir, emit: Emitter, stop: StopRequest) -> Finished:
    """Do the run; a wrong config fails before the seconds that importing torch takes."""
    config = configs.loads(run_dir.config.read_bytes())
    from engine import loading

    device = loading.device(getattr(config, "compute", ComputeConfig()))
    emit(
        Started(
            pid=os.getpid(),
            host=platform.node(),
            device=loading.device_name(device),
            config_hash=config_hash(config),
            versions=versions(),
        )
    )
    from engine.kinds import work_of

    return work_of(config.kind)(config, run_dir, emit, stop)


def _stopped_for_good(run_dir: RunDir, attempt: int) -> bool:
    """Whether its user stopped it: by a file, since signals may come from a cluster too. On a
    network disk a folder that is listed tells more than asking for the file.
    """
    return run_dir.attempts.is_dir() and f"{attempt}.stop" in os.listdir(run_dir.attempts)


def _last_word(emit: Emitter, event: Finished | Failed | CancelledEvent) -> None:
    """Say how it ended. Where that cannot be written the exit code has to tell."""
    peaks: dict[str, int | None] = {"peak_bytes": memory.peak_bytes()}
    if "torch" in sys.modules:  # else it failed before anything was computed
        peaks["peak_gpu_bytes"] = memory.peak_gpu_bytes()
    event = event.model_copy(update=peaks)
    try:
        emit(event)
    except OSError as error:
        with contextlib.suppress(OSError):
            print(f"the last event could not be written: {error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
