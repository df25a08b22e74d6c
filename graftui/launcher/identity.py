"""Who a process is: pid, start time and boot id together, never a pid alone.

Owns the one question whether the process of a run still lives. Signals nobody.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

from graftui.models import Run

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# The kernel counts ticks since boot, and the clock may be corrected meanwhile.
_TOLERANCE_S = 2.0


class Life(StrEnum):
    """Whether the process of a run is there."""

    alive = "alive"
    zombie = "zombie"
    """Ended, and its parent has yet to take its exit status."""
    gone = "gone"


@dataclass(frozen=True, slots=True)
class Identity:
    """One process, for all time."""

    pid: int
    pid_started: float
    boot_id: str


def identity(pid: int) -> Identity | None:
    """Who has `pid` now."""
    try:
        return Identity(pid, psutil.Process(pid).create_time(), boot_id())
    except psutil.NoSuchProcess:
        return None


def boot_id() -> str:
    """Changes with every boot of the machine."""
    try:
        return _BOOT_ID.read_text().strip()
    except FileNotFoundError:
        return f"{psutil.boot_time():.0f}"


def life(run: Run) -> Life:
    """Whether the process that `run` was started as is still there."""
    if run.pid is None or (run.boot_id and run.boot_id != boot_id()):
        return Life.gone
    try:
        process = psutil.Process(run.pid)
        if not _same(run, process.create_time()):
            return Life.gone
        return Life.zombie if process.status() == psutil.STATUS_ZOMBIE else Life.alive
    except psutil.NoSuchProcess:
        return Life.gone


def _same(run: Run, created: float) -> bool:
    if run.pid_started is not None:
        return abs(created - run.pid_started) <= _TOLERANCE_S
    # Whoever started it died before noting the start time. At `started_at` the engine held the
    # pid; another holder could only have come after that.
    return run.started_at is not None and created <= run.started_at
