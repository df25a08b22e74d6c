"""The engine of a soak: real events and signals, saved states, no model; and a diary of its own.

model.name is `MODE:STEPS:SECONDS`; MODE one of ok, fail (always, in the middle), mute (its first
attempt goes in the middle, without a word). The diary, a file a run where the disk never fills, is
what the soak believes: it is written by nothing of the product, and of two engines of one run at
once the second one says so there.
"""

import fcntl
import importlib.util
import json
import os
import sys
import time
from argparse import ArgumentParser
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.contract import events as ev
from engine.contract.layout import RunDir, write_json
from engine.emit import Emitter, StopRequest
from engine.errors import Cancelled

DIARIES = "SOAK_DIARIES"
"""Folder of the diaries, in the environment of the engines."""
SAVED_EVERY = 5
"""Steps."""
STATES = 2
"""So many are kept."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a run is to do."""

    mode: str
    steps: int
    seconds: float
    seed: int

    @classmethod
    def of(cls, config: dict[str, Any]) -> "Part":
        mode, steps, seconds = config["model"]["name"].split(":")
        seed = config["train"]["seed"] if "train" in config else config["seed"]
        return cls(mode, int(steps), float(seconds), seed)

    @property
    def middle(self) -> int:
        """The step at which it goes, unless it is `ok`."""
        return self.steps // 2

    @property
    def curve(self) -> dict[int, float]:
        """By step: all that it says in the end, however often it was ended on the way."""
        last = self.middle if self.mode == "fail" else self.steps
        return {step: self.loss(step) for step in range(1, last + 1)}

    def loss(self, step: int) -> float:
        """A point that tells whose it is."""
        return self.seed + step / 1024


class Diary:
    """Says what really happens in a run: a word, the attempt, a number and the monotonic time."""

    def __init__(self, run: str, attempt: int) -> None:
        self._attempt = attempt
        path = Path(os.environ[DIARIES], run)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        lock = os.open(f"{path}.lock", os.O_WRONLY | os.O_CREAT, 0o644)  # until the process is gone
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self("beside", os.getpid())
        self("start", os.getpid())

    def __call__(self, word: str, number: int) -> None:
        line = f"{word} {self._attempt} {number} {time.monotonic():.6f}\n"
        os.write(self._file, line.encode())


def main(arguments: list[str] | None = None) -> int:
    parser = ArgumentParser()
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--attempt", type=int)
    asked = parser.parse_args(arguments)
    run_dir, stop = RunDir(asked.run_dir), StopRequest()
    diary = Diary(run_dir.path.name, asked.attempt)
    try:
        emit = Emitter(run_dir.events, asked.attempt)
    except OSError as error:  # as the real one does
        print(f"{run_dir.events} cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    try:
        _work(run_dir, emit, stop, diary)
        _forget_states(run_dir, but=[])
    except Cancelled as stopped:
        emit(ev.Cancelled(seconds=1.0, message=str(stopped)))
        return 3
    except OSError as error:
        said = f"A file could not be written: {error.strerror}."
        emit(ev.Failed(reason=ev.FailReason.crashed, message=said, hint="Free some space."))
        return 1
    return 0


def _work(run_dir: RunDir, emit: Emitter, stop: StopRequest, diary: Diary) -> None:
    config = json.loads(run_dir.config.read_bytes())
    part, host = Part.of(config), os.uname().nodename
    emit(ev.Started(pid=os.getpid(), host=host, device="cpu", config_hash="", versions={}))
    if "finetuned" in config and not Path(config["finetuned"]["path"], "weights").exists():
        diary("unready", 0)
    done = _last_state(run_dir)
    if done:
        emit(ev.Resumed(step=done))
    for step in range(done + 1, part.steps + 1):
        _save_if_stopped(stop, run_dir, step - 1)
        emit.metric(step, {"train/loss": part.loss(step)})
        emit.progress("train", step, part.steps)
        diary("step", step)
        if step == part.middle:
            _leave_if_so(part.mode, emit, run_dir)
        if step % SAVED_EVERY == 0:
            _save(run_dir, step)
        time.sleep(part.seconds / part.steps)
    run_dir.checkpoint.mkdir(exist_ok=True)
    (run_dir.checkpoint / "weights").write_text(str(part.seed))
    emit(ev.Finished(seconds=part.seconds, summary={"accuracy": 0.75}))
    diary("finished", 0)


def _save_if_stopped(stop: StopRequest, run_dir: RunDir, step: int) -> None:
    try:
        stop.check()
    except Cancelled:
        _save(run_dir, step)
        raise


def _leave_if_so(mode: str, emit: Emitter, run_dir: RunDir) -> None:
    if mode == "fail":
        emit(ev.Failed(reason=ev.FailReason.data, message="a row is no text"))
        sys.exit(1)
    if mode == "mute" and "muttering" not in run_dir.output.read_text():
        print("muttering", flush=True)
        sys.exit(7)


def _save(run_dir: RunDir, step: int) -> None:
    """Where it stands; what cannot be written ends no run."""
    with suppress(OSError):
        run_dir.state.mkdir(exist_ok=True)
        write_json(run_dir.state / f"{step}.json", {"step": step})
        _forget_states(run_dir, but=_saved(run_dir)[-STATES:])


def _saved(run_dir: RunDir) -> list[int]:
    return sorted(int(path.stem) for path in run_dir.state.glob("[0-9]*.json"))


def _last_state(run_dir: RunDir) -> int:
    return max((json.loads((run_dir.state / f"{step}.json").read_bytes())["step"]
                for step in _saved(run_dir)), default=0)  # fmt: skip


def _forget_states(run_dir: RunDir, but: list[int]) -> None:
    for step in set(_saved(run_dir)) - set(but):
        (run_dir.state / f"{step}.json").unlink()
    if not but:
        with suppress(OSError):
            run_dir.state.rmdir()


def warm() -> int:
    """The real warm engine, with nothing to load."""
    path = Path(ev.__file__).parents[1] / "warm.py"
    spec = importlib.util.spec_from_file_location("real_warm_engine", path)
    assert spec
    assert spec.loader
    real = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = real
    spec.loader.exec_module(real)
    real.__dict__.update(load=lambda: None, _be_new=lambda given: None)  # which import torch
    return int(real.main())


if __name__ == "__main__":
    sys.exit(main())
