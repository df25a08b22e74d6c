"""What a job and graftui tell each other by files beside attempts/N.json, in the run's folder.

    N.claim      made by a job, only where there is none: "JOB RESTART HOST", touched as it works
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
            return Left(int(raw["code"]), str(raw.get("why", "")), host, said_at)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def holder(self) -> tuple[str, str]:
        """Job and host that claimed it; empty: none, or none that can be read."""
        with suppress(OSError):
            words = self._path("claim").read_text(errors="replace").split()
            if len(words) >= 3:
                return words[0], words[2]
        return "", ""

    def beats(self) -> bool:
        """Whether the job that claimed it has touched its claim of late."""
        with suppress(OSError):
            return time.time() - self._path("claim").stat().st_mtime < _BEATS_S
        return False

    def forbid(self) -> bool:
        """Tell its job to stop, or not to begin; whether none has begun, nor ever will.

        A job claims before it looks for this mark, so that one of the two sees the other. Raises
        OSError.
        """
        self.folder.mkdir(exist_ok=True)
        write_whole(self._path("stop"), "")
        return "claim" not in self.there()

    def _path(self, end: str) -> Path:
        return self.folder / f"{self.n}.{end}"
