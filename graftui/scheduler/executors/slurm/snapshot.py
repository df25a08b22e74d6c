"""What Slurm said last of our jobs: data/slurm/jobs.json, written by the supervisor alone.

So the controller is asked once in half a minute, however many commands look at the runs. Owns the
times: since when a job is over or not listed. What follows for a run is in sights.py.
"""

import json
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.contract.layout import read_whole, write_json
from graftui.scheduler.executors.slurm import commands
from graftui.scheduler.executors.slurm.commands import Job

EVERY_S = 30.0
"""Between two questions: controllers of large clusters bear no more."""
_FRESH_S = 4 * EVERY_S
OVER = {
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY",
    "PREEMPTED", "REVOKED", "TIMEOUT",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one job. Times are seconds since the epoch."""

    job: Job
    at: float
    """When it was last listed, or else submitted; 0: nobody knows."""
    over: float | None = None
    """Since when its state is one of OVER."""
    missing: float | None = None
    """Since when it is not listed."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One answer, and what is kept of those before it."""

    asked_at: float = 0.0
    answered_at: float = 0.0
    seen: dict[str, Seen] = field(default_factory=dict)
    """By job."""
    trouble: str = ""
    """Why the last question had no answer."""

    def fresh(self) -> bool:
        """Whether it says something of now."""
        return time.time() - self.answered_at < _FRESH_S

    def after(self, jobs: Collection[Job], watched: Collection[str], now: float) -> "Snapshot":
        """With a new answer, as far as it is about `watched` jobs."""
        listed = {job.id: job for job in _with_arrays(jobs) if job.id in watched}
        seen = {id: self._listed(job, now) for id, job in listed.items()}
        for id in watched - seen.keys():
            known = self.seen.get(id, Seen(Job(id, ""), 0.0))
            seen[id] = replace(known, missing=known.missing or now)
        return Snapshot(now, now, seen)

    def with_jobs(self, seen: Mapping[str, Seen]) -> "Snapshot":
        """And with these."""
        return replace(self, seen={**self.seen, **seen})

    def _listed(self, job: Job, now: float) -> Seen:
        known = self.seen.get(job.id)
        since = known.over if known and known.over else now
        return Seen(job, now, since if job.state in OVER else None)


def _with_arrays(jobs: Collection[Job]) -> list[Job]:
    """And each array as one job: it is over when all its tasks are, and then as the first of those
    that did not end well.
    """
    arrays: dict[str, list[Job]] = {}
    for job in jobs:
        arrays.setdefault(job.id.partition("_")[0], []).append(job)
    whole = [
        replace(min(tasks, key=_standing), id=number)
        for number, tasks in arrays.items()
        if tasks[0].id != number
    ]
    return [*jobs, *whole]


def _standing(job: Job) -> tuple[bool, bool]:
    return job.state in OVER, job.state == "COMPLETED"


def load(path: Path) -> Snapshot:
    """The one that was kept; an empty one where there is none, or none that can be read."""
    try:
        raw = json.loads(read_whole(path))
        seen = {id: _seen(value) for id, value in raw.pop("seen").items()}
        return Snapshot(**raw, seen=seen)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Snapshot()


def save(path: Path, snapshot: Snapshot) -> None:
    """Keep it. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, asdict(snapshot))


def _seen(raw: dict[str, Any]) -> Seen:
    return Seen(**{**raw, "job": Job(**raw["job"])})


class Question:
    """squeue, asked in a thread: for seconds it says nothing when the controller is away."""

    def __init__(self, watched: Collection[str], before: Snapshot, with_limits: bool) -> None:
        """`with_limits`: how large an array may be, too."""
        self.asked_at = time.time()
        self.answer: Snapshot | None = None
        """Once it has come, or it is clear that none comes."""
        self.listed: Sequence[Job] = ()
        """All jobs of this user."""
        self.array = 0
        """How many tasks an array may have; 0: not known."""
        self._watched, self._before, self._with_limits = frozenset(watched), before, with_limits
        threading.Thread(target=self._ask, daemon=True).start()

    def _ask(self) -> None:
        try:
            self.listed = commands.squeue()
            snapshot = self._before.after(self.listed, self._watched, self.asked_at)
            if self._with_limits:
                self.array = int(commands.limits().get("MaxArraySize", "0"))
            self.answer = _accounted(snapshot)
        except Exception as error:  # whatever it is: while there is no answer nobody asks again
            trouble = str(error) or repr(error)
            self.answer = replace(self._before, asked_at=self.asked_at, trouble=trouble)


def _accounted(snapshot: Snapshot) -> Snapshot:
    """With what accounting knows of jobs that are not listed any more."""
    unlisted = {id for id, seen in snapshot.seen.items() if seen.missing and not seen.over}
    ended = commands.sacct(unlisted) if unlisted else []
    told = {
        job.id: replace(snapshot.seen[job.id], job=job, over=snapshot.asked_at)
        for job in _with_arrays(ended)
        if job.id in unlisted and job.state in OVER
    }
    return snapshot.with_jobs(told)
