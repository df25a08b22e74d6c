"""Who a process is: host, boot, pid and its start in ticks since boot together.

Never a pid alone, and never a start by the wall clock, which may be set. Owns the one question
whether a process still lives, and the answer that there is no telling from here.
Signals nobody.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from graftui.models import Attempt, Here
from graftui.settings import Settings

_PROC = Path("/proc")
_TICKS_A_SECOND = 100


class Life(StrEnum):
    """Whether the process or job of an attempt is there."""

    alive = "alive"
    waiting = "waiting"
    """In a queue of its executor's."""
    stopped = "stopped"
    """There, but by a signal kept from going on."""
    zombie = "zombie"
    """Ended, and its parent has yet to take its exit status."""
    gone = "gone"
    unknown = "unknown"
    """No telling from here: of another host or boot, or not all of its identity is known."""

    @property
    def there(self) -> bool:
        """Whether it can be stopped."""
        return self in (Life.alive, Life.waiting, Life.stopped)


_LETTERS = {"T": Life.stopped, "t": Life.stopped, "Z": Life.zombie, "X": Life.gone}


@dataclass(frozen=True, slots=True)
class Identity:
    """One process, for all time."""

    host: str
    boot_id: str
    pid: int
    pid_ticks: int


def identity(pid: int) -> Identity | None:
    """Who has `pid` now."""
    seen = _state_and_ticks(pid)
    return None if seen is None else Identity(host(), boot_id(), pid, seen[1])


def here(settings: Settings) -> Here:
    """Where this process stands."""
    return Here(settings.folder, host(), boot_id())


def host() -> str:
    """Name of this machine, or of the container."""
    return os.uname().nodename


def boot_id() -> str:
    """Changes with every boot, and from container to container: each numbers its own processes."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except FileNotFoundError:
        import psutil  # 30 ms that Linux can do without

        return f"{psutil.boot_time():.0f}"
    with suppress(OSError):
        boot += " " + os.readlink(_PROC / "self/ns/pid")
    return boot


def life(attempt: Attempt) -> Life:
    """Whether the process that `attempt` is known as is still there."""
    if attempt.pid is None or attempt.pid_ticks is None:
        return Life.unknown
    if (attempt.host, attempt.boot_id) != (host(), boot_id()):
        return Life.unknown
    seen = _state_and_ticks(attempt.pid)
    if seen is None or seen[1] != attempt.pid_ticks:
        return Life.gone
    return _LETTERS.get(seen[0], Life.alive)


def _state_and_ticks(pid: int) -> tuple[str, int] | None:
    """State of a process as a letter, and its start in ticks since boot; None: nobody has `pid`."""
    if not (_PROC / "self/stat").exists():
        return _asked_of_psutil(pid)
    try:
        text = (_PROC / str(pid) / "stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name, second of the fields, stands in brackets and may hold anything, brackets too.
    fields = text[text.rindex(b")") + 1 :].split()
    return fields[0].decode(), int(fields[19])


def _asked_of_psutil(pid: int) -> tuple[str, int] | None:
    import psutil

    try:
        process = psutil.Process(pid)
        letter = {psutil.STATUS_ZOMBIE: "Z", psutil.STATUS_STOPPED: "T"}
        ticks = round(process.create_time() * _TICKS_A_SECOND)
        return letter.get(process.status(), "S"), ticks
    except psutil.NoSuchProcess:
        return None
