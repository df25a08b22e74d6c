"""Timing two things alternately, so that a noisy machine hits both alike; peaks of memory."""

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table."""

    what: str
    value: float
    unit: str
    """"x" for a ratio."""
    bound: float | None = None
    """At most this."""
    least: float | None = None
    """At least this."""

    @property
    def text(self) -> str:
        return f"{self.value:.3g} {self.unit}"

    @property
    def bound_text(self) -> str:
        if self.least is not None:
            return f">= {self.least:g} {self.unit}"
        return "" if self.bound is None else f"<= {self.bound:g} {self.unit}"

    @property
    def outside(self) -> bool:
        """Whether a bound is broken."""
        over = self.bound is not None and self.value > self.bound
        return over or (self.least is not None and self.value < self.least)

    @property
    def verdict(self) -> str:
        if self.bound is None and self.least is None:
            return ""
        if self.outside:
            return "[red]over[/red]" if self.bound is not None else "[red]under[/red]"
        return "[green]ok[/green]"


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    since = time.perf_counter()
    work()
    return time.perf_counter() - since


def turns(*works: Callable[[], object], rounds: int) -> list[tuple[float, ...]]:
    """Seconds of each of `works`, a tuple a round, timed in turns; one warm-up."""
    for work in works:
        work()
    return [tuple(map(seconds, works)) for _ in range(rounds)]


def ratio(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> float:
    """Median of ours / theirs over `rounds`, each timed once a round, in turns; one warm-up."""
    return statistics.median(our / their for our, their in turns(ours, theirs, rounds=rounds))


def alone(module: str, what: str) -> int:
    """The number of bytes that `python -m module what` prints: a fresh process has its own peak."""
    done = subprocess.run(
        [sys.executable, "-m", module, what],
        cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout)


def forget_peak() -> None:
    """Let VmHWM of this process begin anew (Linux)."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")


def status(name: str) -> int:
    """Bytes of one of Linux's figures on this process, such as VmHWM."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
