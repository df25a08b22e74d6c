"""What the kernel tells of processes that it killed for memory, where it tells. Linux alone."""

from collections.abc import Iterator
from pathlib import Path

_OWN = Path("/proc/self/cgroup")
_MOUNT = Path("/sys/fs/cgroup")


def oom_kills() -> int | None:
    """How many of this control group so far; None where that is not told."""
    for path in _counters():
        try:
            for line in path.read_text().splitlines():
                name, _, number = line.partition(" ")
                if name == "oom_kill":
                    return int(number)
        except (OSError, ValueError):
            continue
    return None


def _counters() -> Iterator[Path]:
    """Of version 2 of control groups, then of version 1."""
    try:
        lines = _OWN.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if not controllers:
            yield _MOUNT / path.lstrip("/") / "memory.events"
        elif "memory" in controllers.split(","):
            yield _MOUNT / "memory" / path.lstrip("/") / "memory.oom_control"
