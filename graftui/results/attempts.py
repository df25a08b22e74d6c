"""The starts of a run in words: where each ran, how it ended, and the most that it took."""

import signal
from collections.abc import Sequence
from contextlib import suppress

from graftui.models import Attempt, Run, RunStatus
from graftui.results.facts import process
from graftui.results.figures import NOT_KNOWN, file_size
from graftui.results.times import clock, duration

TITLES = ("attempt", "began", "took", "end", "memory", "GPU memory", "from step", "where")
"""Of the columns."""


def rows(run: Run, attempts: Sequence[Attempt], now: float) -> list[tuple[str, ...]]:
    """A line each, the first one first."""
    last = max((attempt.n for attempt in attempts), default=0)
    # By its last event, where nobody saw the process end. That of a lost one is a guess.
    said = None if run.status is RunStatus.lost else run.ended_at
    told = []
    for attempt in attempts:
        active = run.status.active and attempt.n == last
        ended = attempt.ended_at or (said if attempt.n == last else None)
        until = now if active else ended
        told.append(tuple(text or NOT_KNOWN for text in _row(attempt, active, until)))
    return told


def _row(attempt: Attempt, active: bool, until: float | None) -> tuple[str, ...]:
    began = attempt.started_at
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
