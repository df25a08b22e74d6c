"""The engine's one voice: events appended to events.jsonl, and the request to stop.

Each event is one write() of one line, whole or taken back, so a reader never sees half a line that
stays half, and a killed run has lost nothing that it said.
"""

import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any

from engine.contract.events import TERMINAL, Event, Labels, Log, Metric, Progress, dumps
from engine.course import Course
from engine.errors import Cancelled
from engine.provenance import Notes
from engine.provenance.memory import held_gb

_PATIENCE_S = 120.0
"""How long the last event waits for room on the disk: hours of work may hang on it."""
_PAUSE_S = 0.5
_MEMORY_S = 30.0
"""Between two looks at how much memory the run holds: a curve of 120 points an hour."""


class Emitter:
    """Appends events to one file, numbering on from what is there already."""

    course: Course | None = None
    """The run's phases, once its work is known."""
    notes: Notes | None = None
    """What the attempt notes of code and machine, where it does."""

    def __init__(self, path: Path, attempt: int = 0) -> None:
        """`attempt`: which start of the run this is, from 1; 0: not known."""
        self._attempt = attempt
        self._memory_due = time.monotonic() + _MEMORY_S
        kept = path.read_bytes() if path.exists() else b""
        self._seq = kept.count(b"\n")
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        if kept and not kept.endswith(b"\n"):  # cut off by a crash: nobody has read that line
            os.ftruncate(self._fd, kept.rfind(b"\n") + 1)

    def __call__(self, event: Event) -> None:
        """Append `event`, stamped with its number and the time."""
        self._say(event.model_copy(update=self._stamp()))

    def _stamp(self) -> dict[str, Any]:
        return {"seq": self._seq, "t": round(time.time(), 3), "attempt": self._attempt}

    def _say(self, event: Event) -> None:
        """Append an event that is stamped."""
        line = dumps(event)
        try:
            self._append(line)
        except OSError:
            if not isinstance(event, TERMINAL):
                raise
            self._insist(line)
        self._seq += 1

    def _append(self, line: bytes) -> None:
        """All of `line`, or nothing: where the disk is full only a part may have been taken."""
        written = os.write(self._fd, line)
        try:
            while written < len(line):
                written += os.write(self._fd, line[written:])
        except BaseException:
            os.ftruncate(self._fd, os.fstat(self._fd).st_size - written)
            raise

    def _insist(self, line: bytes) -> None:
        """Append `line` as soon as there is room for it; raises OSError in the end."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return self._append(line)
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(_PAUSE_S)

    def log(self, message: str) -> None:
        """Say something a person will want to read in the run's log."""
        self(Log(message=message))

    def progress(self, phase: str, step: int, total: int) -> None:
        """`step` of `total` of a phase is done."""
        self._progress(phase, step, total, computed=True)

    def taken_over(self, phase: str, step: int, total: int) -> None:
        """`step` of `total` of a phase is done, the last of it by another run."""
        self._progress(phase, step, total, computed=False)

    def _progress(self, phase: str, step: int, total: int, computed: bool) -> None:
        course = self.course
        done, left_s = course.at(phase, step, total, computed) if course else (None, None)
        self(Progress(phase=phase, step=step, total=total, done=done, left_s=left_s))

    def metric(self, step: int, values: dict[str, float], labels: Labels = {}) -> None:  # noqa: B006
        """One point of each curve; now and then one of those of the memory that is held."""
        # Made with its stamp: every step says one, and a stamped copy takes as long again.
        self._say(Metric(step=step, values=values, labels=labels, **self._stamp()))
        if (now := time.monotonic()) >= self._memory_due:
            self._memory_due = now + _MEMORY_S
            self(Metric(step=step, values=held_gb(), labels=labels))


class StopRequest:
    """SIGTERM, SIGINT or SIGUSR1, remembered until the loop comes round to asking.

    SIGUSR1 is what Slurm can be told to send some time before a job's end.
    """

    def __init__(self) -> None:
        self._signal = ""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            signal.signal(number, self._remember)

    def _remember(self, number: int, _frame: FrameType | None) -> None:
        self._signal = signal.Signals(number).name

    def check(self) -> None:
        """Raises Cancelled if a stop was asked for."""
        if self._signal:
            raise Cancelled(f"stopped by {self._signal}")
