"""What the kernel tells of this control group's memory, where it tells: its limit, and processes
that it killed for it. Linux alone."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_OWN = Path("/proc/self/cgroup")
_MOUNT = Path("/sys/fs/cgroup")


def oom_kills() -> int | None:
    """How many of this control group so far; None where that is not told."""
    for folder, new in _folders():
        name = "memory.events" if new else "memory.oom_control"
        kills = _told(folder / name, "oom_kill")
        if kills is not None:
            return kills
    return None


def within_limit(total: int, available: int) -> tuple[int, int]:
    """Bytes that processes of this control group may use in all, and those left, of so many that
    the machine has.
    """
    for own, new in _folders():
        for folder in (own, *own.parents):
            if not folder.is_relative_to(_MOUNT):
                break
            limit = _number(folder / ("memory.max" if new else "memory.limit_in_bytes"))
            used = _number(folder / ("memory.current" if new else "memory.usage_in_bytes"))
            if limit is None or used is None or limit >= total:
                continue
            cached = "inactive_file" if new else "total_inactive_file"
            used -= _told(folder / "memory.stat", cached) or 0
            total, available = limit, min(available, limit - used)
    return total, max(0, available)


def _folders() -> Iterator[tuple[Path, bool]]:
    """Of this control group's memory, and whether it is of version 2 of control groups."""
    try:
        lines = _OWN.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if not controllers:
            yield _MOUNT / path.lstrip("/"), True
        elif "memory" in controllers.split(","):
            yield _MOUNT / "memory" / path.lstrip("/"), False


def _told(path: Path, name: str) -> int | None:
    """The number beside a name, in a file of names and numbers."""
    with suppress(OSError, ValueError):
        for line in path.read_text().splitlines():
            key, _, number = line.partition(" ")
            if key == name:
                return int(number)
    return None


def _number(path: Path) -> int | None:
    """None where there is no such file, or it says that there is no limit."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
