"""What a job and graftui tell each other by files beside attempts/N.json, in the run's folder.

    N.claim      made by a job, only where there is none: "JOB RESTART HOST", touched as it works;
                 of 1970 once that job has saved where it stands and waits to be started again
    N.stop       made by graftui: the job is to stop, or not to begin
    N.exit       left by the job: how the engine ended

So a job can be stopped, and its end be known, while Slurm's controller is away. Owns their names
and forms; job.sh has them too.
"""

import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.contract.layout import RunDir, read_whole, write_whole

_BEATS_S = 120.0
"""A job touches its claim every 15 s; clocks of a cluster may differ, and its disks be slow."""
SILENT_S = 40.0
"""Without a touch for so long, whoever claimed it is gone."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a job left of itself."""

    code: int
    """As bash has it: of a signal 128 and its number."""
    why: str = ""
    """What came before: "" nothing, USR1 or TERM a signal to the job, or a word of job.sh."""
    host: str = ""
    time: float = 0.0
    """When, by that host's clock; 0: it does not say."""
    about: str = ""
    """Of a run that could not be begun: the one that it builds on, which did not finish; or what it
    has no room for."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Those of one attempt."""

    folder: Path
    n: int

    @classmethod
    def of(cls, run_dir: RunDir, n: int) -> "Marks":
        """The marks of the n-th attempt of a run."""
        return cls(run_dir.attempts, n)

    def there(self) -> set[str]:
        """Which of them there are. On a network disk a folder that is listed tells more than asking
        for a file.
        """
        try:
            names = os.listdir(self.folder)
        except OSError:
            return set()
        return {end for end in ("claim", "stop", "exit") if f"{self.n}.{end}" in names}

    def left(self) -> Left | None:
        """How its engine ended; None: it did not say, or what it said cannot be read."""
        try:
            raw = json.loads(read_whole(self._path("exit")))
            host, said_at = str(raw.get("host", "")), float(raw.get("t", 0))
            about = str(raw.get("about", ""))
            return Left(int(raw["code"]), str(raw.get("why", "")), host, said_at, about)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def holder(self) -> tuple[str, str]:
        """Job and host that claimed it; empty: none, or none that can be read."""
        with suppress(OSError):
            words = self._path("claim").read_text(errors="replace").split()
            if len(words) >= 3:
                return words[0], words[2]
        return "", ""

    def take(self, job: str, restart: int, host: str) -> bool:
        """Claim it for a job, if no other one has; one that is started anew takes its own up again.

        As job.sh does, which says why. Raises OSError.
        """
        self.folder.mkdir(exist_ok=True)
        words = f"{job} {restart} {host}\n"
        if self._make("claim", words):
            return True
        if self.holder()[0] != job or not self._silent():
            return False
        claims = sum(name.startswith(f"{self.n}.claim") for name in os.listdir(self.folder))
        if not self._make(f"claim-{restart}.{claims}", words):
            return False
        self.touch()
        return True

    def touch(self) -> None:
        """A sign of life of whoever claimed it."""
        with suppress(OSError):
            os.utime(self._path("claim"))

    def give_up(self) -> None:
        """Let go of it, to take it up again later. Raises OSError."""
        os.utime(self._path("claim"), (0, 0))

    def leave(self, left: Left, job: str) -> None:
        """Say how it ended. Raises OSError."""
        about = {"about": left.about} if left.about else {}
        said = {"code": left.code, "why": left.why, "job": job, "host": left.host, "t": left.time}
        write_whole(self._path("exit"), json.dumps({**said, **about}) + "\n")

    def beats(self) -> bool:
        """Whether the job that claimed it has touched its claim of late."""
        with suppress(OSError):
            return time.time() - self._path("claim").stat().st_mtime < _BEATS_S
        return False

    def given_up(self) -> bool:
        """Whether the job that claimed it has let go of it, to be started again by Slurm."""
        with suppress(OSError):
            return self._path("claim").stat().st_mtime == 0
        return False

    def forbid(self) -> bool:
        """Tell its job to stop, or not to begin; whether none has begun, nor ever will.

        A job claims before it looks for this mark, so that one of the two sees the other. Raises
        OSError.
        """
        self.folder.mkdir(exist_ok=True)
        write_whole(self._path("stop"), "")
        return "claim" not in self.there()

    def _make(self, end: str, words: str) -> bool:
        try:
            with self._path(end).open("x") as file:
                file.write(words)
        except FileExistsError:
            return False
        return True

    def _silent(self) -> bool:
        """Whether nobody is at it: a claim is touched every 15 s by who holds it."""
        before = self._path("claim").stat().st_mtime
        if before == 0:
            return True
        time.sleep(SILENT_S)
        return self._path("claim").stat().st_mtime == before

    def _path(self, end: str) -> Path:
        return self.folder / f"{self.n}.{end}"
