"""The executor of Slurm: hands over many attempts as one array, asks after them, stops them.

What it has to know of a job is in the attempt (its job), in the run's folder (marks.py) and in
data/slurm, so that any process can take over.
"""

import errno
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from graftui.models import Attempt, Run
from graftui.scheduler.executors.base import How, Queueing, Sight, Wanted
from graftui.scheduler.executors.slurm import commands
from graftui.scheduler.executors.slurm.batch import (
    clear,
    given_up,
    submitted_at,
    submitting,
    write,
)
from graftui.scheduler.executors.slurm.commands import Job, NoRoom, Refused, Unanswered
from graftui.scheduler.executors.slurm.marks import Marks
from graftui.scheduler.executors.slurm.profile import narrowed, profile
from graftui.scheduler.executors.slurm.script import job_script, pilot_script
from graftui.scheduler.executors.slurm.sights import forgotten, passed_over, shared, sight
from graftui.scheduler.executors.slurm.snapshot import (
    EVERY_S,
    Question,
    Seen,
    Snapshot,
    load,
    save,
)
from graftui.settings import PILOT, Settings

_PREFIX = "graftui-"
"""Of the names of jobs, and of attempts whose job has no number yet: graftui-BATCH.TASK."""
_LEAST_ARRAY = 1001
"""Tasks of an array, until Slurm has said how many it takes."""
_FULL_S = 60.0
"""Until a cluster that has no room is asked again."""


class Slurm(Queueing):
    """The executor of a cluster."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._folder = settings.data / "slurm"
        self._snapshot, self._stamp = Snapshot(), 0
        self._question: Question | None = None
        self._array, self._full_until = 0, 0.0
        """How many tasks an array may have, 0: not known; and until when there is no room."""
        self._most = _LEAST_ARRAY
        """So many are handed over at once: fewer after there was no room, soon more again."""
        self._numbers: dict[str, str] = {}
        """Of jobs by their name."""

    def start(self, run: Run) -> Attempt:
        """One alone, which the supervisor never asks for. Raises OSError, UsageError."""
        taken = self.submit(self.prepare([Wanted(run.attempt)], 0))
        if not taken:
            raise OSError(errno.EAGAIN, "Slurm takes no more jobs now")
        return taken[0]

    def poll(self, attempts: Sequence[Attempt]) -> Sequence[Sight]:
        snapshot = self._latest()
        return [sight(each, self._marks(each), snapshot, self.settings.python) for each in attempts]

    def stop(self, attempt: Attempt, how: How) -> None:
        """By a mark in its folder, which it sees though the controller be away, and by scancel.

        Slurm itself kills what does not go: there is no other way of killing.
        """
        never_begins = self._marks(attempt).forbid()
        if attempt.job.startswith(_PREFIX) or attempt.executor.endswith(PILOT):
            return  # of a pilot other runs are to go on
        try:
            commands.scancel(attempt.job)
        except (Unanswered, NoRoom, Refused):
            if not never_begins and how is How.kill:
                raise

    def check(self, name: str) -> None:
        profile(self.settings.root, name)
        commands.there()

    def tend(self, attempts: Sequence[Attempt]) -> int:
        self._hear()
        now = time.time()
        if self._question is None and now - self._latest().asked_at >= EVERY_S:
            watched = {attempt.job for attempt in attempts}
            before = self._snapshot.with_jobs(self._unnoted(attempts))
            self._question = Question(watched, before, with_limits=not self._array)
        for attempt in attempts:
            marks = self._marks(attempt)
            if (
                self._never_submitted(attempt)
                or forgotten(attempt, marks, self._snapshot)
                or passed_over(attempt, marks, self._snapshot)
            ):
                with suppress(OSError):  # a full disk, a deleted folder: the others go on meanwhile
                    marks.forbid()
        answering = self._snapshot.fresh() and not self._snapshot.trouble
        return self._most if answering and now > self._full_until else 0

    def _never_submitted(self, attempt: Attempt) -> bool:
        nameless = attempt.job.startswith(_PREFIX)
        return nameless and given_up(self._folder / attempt.job.partition(".")[0])

    def _unnoted(self, attempts: Sequence[Attempt]) -> dict[str, Seen]:
        """Jobs that sbatch was asked for, and who asked was killed before it noted that."""
        jobs = {each.job for each in attempts if each.job.startswith(_PREFIX)}
        return {
            job: Seen(Job(job, "PENDING"), submitted_at(self._folder / job.partition(".")[0]))
            for job in jobs - self._snapshot.seen.keys()
        }

    def known_as(self, attempts: Sequence[Attempt]) -> Sequence[Attempt]:
        now = ((attempt, self._job(attempt)) for attempt in attempts)
        return [replace(attempt, job=job) for attempt, job in now if job != attempt.job]

    def _job(self, attempt: Attempt) -> str:
        """What its job is called by now: of a list that pilots share the one that took it up."""
        batch, _, task = attempt.job.partition(".")
        number = self._numbers.get(batch)
        job = f"{number}_{task}" if number and task else number or attempt.job
        return self._marks(attempt).holder()[0] or job if shared(attempt) else job

    def tidy(self, attempts: Sequence[Attempt]) -> None:
        clear(self._folder, {(attempt.run, attempt.n) for attempt in attempts})

    def prepare(self, wanted: Sequence[Wanted], width: int) -> Sequence[Attempt]:
        asked = narrowed(profile(self.settings.root, wanted[0].attempt.executor), width)
        name = f"{_PREFIX}{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
        pilots = wanted[0].attempt.executor.endswith(PILOT)
        named = [
            replace(each.attempt, job=name if pilots else f"{name}.{task}")
            for task, each in enumerate(wanted)
        ]
        script = pilot_script if pilots else job_script
        text = script(self.settings, asked, self._folder / name, named)
        write(self._folder / name, self.settings, wanted, text)
        return named

    def submit(self, prepared: Sequence[Attempt]) -> Sequence[Attempt]:
        name = prepared[0].job.partition(".")[0]
        try:
            number = commands.sbatch(submitting(self._folder / name))
        except NoRoom:
            pilots = prepared[0].executor.endswith(PILOT)
            self._most = self._most if pilots else max(1, len(prepared) // 2)
            self._full_until = time.time() + _FULL_S
            return []
        except Unanswered as error:
            self._keep(replace(self._snapshot.with_jobs(_jobs(prepared)), trouble=error.message))
            return prepared
        taken = [
            replace(each, job=each.job.replace(name, number).replace(".", "_")) for each in prepared
        ]
        self._most = min(2 * self._most, self._array or _LEAST_ARRAY)
        self._keep(self._snapshot.with_jobs(_jobs(taken)))
        return taken

    def _hear(self) -> None:
        """Take the answer, if it has come."""
        question = self._question
        if question is None or question.answer is None:
            return
        self._question = None
        if question.array:
            self._array = self._most = question.array
        self._numbers = {
            job.name: job.id.partition("_")[0]
            for job in question.listed
            if job.name.startswith(_PREFIX)
        }
        self._keep(question.answer.with_jobs(_since(self._snapshot, question.asked_at)))

    def _latest(self) -> Snapshot:
        """The one that was kept last, by whichever process."""
        with suppress(OSError):
            stamp = self._file.stat().st_mtime_ns
            if stamp != self._stamp:
                self._snapshot, self._stamp = load(self._file), stamp
        return self._snapshot

    def _keep(self, snapshot: Snapshot) -> None:
        save(self._file, snapshot)
        self._snapshot, self._stamp = snapshot, self._file.stat().st_mtime_ns

    @property
    def _file(self) -> Path:
        return self._folder / "jobs.json"

    def _marks(self, attempt: Attempt) -> Marks:
        return Marks.of(self.settings.run_dir(attempt.run), attempt.n)


def _jobs(attempts: Sequence[Attempt]) -> dict[str, Seen]:
    """As seen now, when they are submitted."""
    now = time.time()
    return {each.job: Seen(Job(each.job, "PENDING"), now) for each in attempts}


def _since(snapshot: Snapshot, time: float) -> dict[str, Seen]:
    """What was submitted after a question, of which its answer cannot know."""
    return {job: seen for job, seen in snapshot.seen.items() if seen.at > time}
