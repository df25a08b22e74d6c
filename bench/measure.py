"""Timing two things alternately, so that a noisy machine hits both alike."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table."""

    what: str
    value: float
    unit: str
    """"x" for a ratio."""
    bound: float | None = None
    """At most this."""

    @property
    def text(self) -> str:
        return f"{self.value:.3g} {self.unit}"

    @property
    def bound_text(self) -> str:
        return "" if self.bound is None else f"<= {self.bound:g} {self.unit}"

    @property
    def verdict(self) -> str:
        if self.bound is None:
            return ""
        return "[green]ok[/green]" if self.value <= self.bound else "[red]over[/red]"


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    since = time.perf_counter()
    work()
    return time.perf_counter() - since


def ratio(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> float:
    """Median of ours / theirs over `rounds`, each timed once a round, in turns; one warm-up."""
    ours(), theirs()
    return statistics.median(seconds(ours) / seconds(theirs) for _ in range(rounds))
