"""The starts of a run in words: where each ran, how it ended, and the most that it took."""

import signal
from collections.abc import Sequence
from contextlib import suppress

from graftui.models import Attempt, Run
from graftui.results.facts import process
from graftui.results.figures import NOT_KNOWN, file_size
from graftui.results.times import clock, duration

TITLES = ("attempt", "began", "took", "end", "memory", "GPU memory", "from step", "where")
"""Of the columns."""


def rows(run: Run, attempts: Sequence[Attempt], now: float) -> list[tuple[str, ...]]:
    """A line each, the first one first."""
    last = max((attempt.n for attempt in attempts), default=0)
    told = []
    for attempt in attempts:
        active = run.status.active and attempt.n == last
        told.append(tuple(text or NOT_KNOWN for text in _row(attempt, active, now)))
    return told


def _row(attempt: Attempt, active: bool, now: float) -> tuple[str, ...]:
    began, ended = attempt.started_at, attempt.ended_at
    until = now if active else ended
    took = None if began is None or until is None else until - began
    return (
        str(attempt.n),
        "" if began is None else clock(began),
        duration(took),
        "at work" if active else _end(attempt),
        "" if attempt.peak_bytes is None else file_size(attempt.peak_bytes),
        "" if attempt.peak_gpu_bytes is None else file_size(attempt.peak_gpu_bytes),
        "" if attempt.resumed_step is None else f"{attempt.resumed_step:,}",
        " ".join(filter(None, (attempt.executor, process(attempt)))),
    )


def _end(attempt: Attempt) -> str:
    """By its process; what it said of itself is the run's status."""
    if attempt.signal is not None:
        name = f"signal {attempt.signal}"
        with suppress(ValueError):
            name = signal.Signals(attempt.signal).name
        return name
    if attempt.exit_code is not None:
        return f"exit {attempt.exit_code}"
    return "not seen" if attempt.begun else "never began"
