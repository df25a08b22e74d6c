"""Runs handed to executors with a queue of their own, such as Slurm's; the supervisor does it.

Owns the order of writing things down: a job that graftui has not noted could not be stopped, and
one that was noted and never came to be is found out about.
"""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress

from graftui.errors import GraftuiError, UsageError
from graftui.models import Attempt, Run, RunReason, RunStatus, Verdict
from graftui.registry import attempts as files
from graftui.registry import handed, queue
from graftui.registry.store import Store
from graftui.scheduler.executors import Executors
from graftui.scheduler.executors.base import How, Queueing, Wanted
from graftui.scheduler.identity import here
from graftui.scheduler.queue import policy, queue_file
from graftui.scheduler.queue.rewrite import finish as finish_edit
from graftui.scheduler.reads import FilesChanged, note_of
from graftui.scheduler.reconcile import AT_WORK
from graftui.scheduler.settle import settle
from graftui.settings import PILOT, QUEUEING, Settings

log = logging.getLogger("graftui.handing")
_EVERY_S = 1.0


class Handing:
    """What one supervisor hands over."""

    def __init__(self, settings: Settings, executors: Executors) -> None:
        self.settings = settings
        self.executors = executors
        self._here = here(settings)
        self._next = 0.0
        self._had: dict[str, int] = {}
        """How many each executor had at the last look."""
        self._idle: dict[str, tuple[queue.Changes, set[str]]] = {}
        """When each executor last had nothing, and nothing waited for it: thousands may wait for
        another."""

    def tick(self, store: Store) -> None:
        """Look after what was handed over, and hand over what is ready."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _EVERY_S
        paused = policy.paused(queue_file.in_force(self.settings, store))
        for name in QUEUEING:
            state = queue.changes(store.db), paused
            if state == self._idle.get(name):
                continue
            has = handed.has(store.db, self._here, name)
            if len(has) < self._had.get(name, 0):
                self.executors.queueing(name).tidy(has)
            self._had[name] = len(has)
            if has or handed.ready(store.db, self._here, name, paused, 1):
                self._tend(store, name, has)
            else:
                self._idle[name] = state

    def _tend(self, store: Store, name: str, has: Sequence[Attempt]) -> None:
        executor = self.executors.queueing(name)
        room = executor.tend(has)
        self._note(store, executor.known_as(has))
        if room:
            self._hand_over(store, name, executor, room)

    def _hand_over(self, store: Store, name: str, executor: Queueing, most: int) -> None:
        able = self._able(store, self._claimed(store, name, most))
        if not able:
            return
        try:
            width = self._width(store, able[0].attempt.run)
            taken = executor.hand_over(able, width, lambda named: self._note(store, named))
        except UsageError as error:
            for each in able:
                self._fail(store, each.attempt.run, RunReason.config, error)
            return
        self._note(store, taken)
        for each in able[len(taken) :]:
            self._take_back(store, each.attempt)
        log.info("handed over %d to %s", len(taken), able[0].attempt.executor)

    def _claimed(self, store: Store, name: str, most: int) -> list[Wanted]:
        """What is ready, claimed; with all that follows it, where one job may do many runs."""
        with store.write() as db:
            paused = policy.paused(queue_file.in_force(self.settings, store))
            ids = handed.ready(db, self._here, name, paused, most)
            after: dict[str, tuple[str, ...]] = dict.fromkeys(ids, ())
            if ids and store.get(ids[0]).executor.endswith(PILOT):
                after |= handed.following(db, self._here, ids)
            return [Wanted(queue.claim(db, id), sources) for id, sources in after.items()]

    def _able(self, store: Store, wanted: Sequence[Wanted]) -> list[Wanted]:
        """Those that nothing speaks against, nor against what they follow."""
        able: dict[str, Wanted] = {}
        for each in wanted:
            if not able.keys() >= {*each.after}:
                self._take_back(store, each.attempt)
            elif self._reads_the_same(store, store.get(each.attempt.run)):
                able[each.attempt.run] = each
        return list(able.values())

    def _width(self, store: Store, run_id: str) -> int:
        """How many of the run's group may be at work at once; 0: nobody said so of that group."""
        groups = queue_file.in_force(self.settings, store).groups
        group = groups.get(store.get(run_id).queue_group)
        return (group.jobs or 0) if group else 0

    def _reads_the_same(self, store: Store, run: Run) -> bool:
        try:
            finish_edit(self.settings, store, run)
            note_of(self.settings, run)
            return True
        except FilesChanged as error:
            self._fail(store, run.id, RunReason.data, error)
            return False

    def _note(self, store: Store, named: Sequence[Attempt]) -> None:
        """What their jobs are called; those of runs that were cancelled meanwhile are stopped."""
        for attempt in named:
            with store.write() as db:
                wanted = files.change(
                    db, attempt, only_if=(*AT_WORK, RunStatus.lost), job=attempt.job
                )
            with suppress(OSError):  # a full disk; its row says so too
                files.write(self.settings.run_dir(attempt.run), attempt)
            if wanted is None:
                self.executors[attempt.executor].stop(attempt, How.ask)

    def _take_back(self, store: Store, attempt: Attempt) -> None:
        files.unwrite(self.settings.run_dir(attempt.run), attempt.n)
        with store.write() as db:
            handed.take_back(db, attempt)

    def _fail(self, store: Store, run_id: str, reason: RunReason, error: GraftuiError) -> None:
        verdict = Verdict(
            status=RunStatus.failed, reason=reason, ended_at=time.time(),
            message=error.message, hint=error.hint,
        )  # fmt: skip
        settle(self.settings, store, run_id, verdict)
