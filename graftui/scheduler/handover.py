"""One handing over of many runs to an executor with a queue of its own, a little at each tick: so
the supervisor has time for others meanwhile.

Owns the order of writing things down: a job that graftui has not noted could not be stopped, and
one that was noted and never came to be is found out about.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from graftui.errors import GraftuiError, UsageError
from graftui.models import Attempt, Run, RunReason, RunStatus, Verdict
from graftui.registry import attempts as files
from graftui.registry import handed
from graftui.registry.store import Store
from graftui.scheduler.executors import Executors
from graftui.scheduler.executors.base import How, Wanted
from graftui.scheduler.queue import queue_file
from graftui.scheduler.queue.rewrite import finish as finish_edit
from graftui.scheduler.reads import FilesChanged, note_of
from graftui.scheduler.reconcile import AT_WORK
from graftui.scheduler.settle import settle
from graftui.settings import Settings

log = logging.getLogger("graftui.handing")
_AT_ONCE_S = 0.3
"""After so long the rest is left for the next tick."""


class Handover:
    """Of runs that are claimed, all of one executor's name and one group."""

    def __init__(self, settings: Settings, executors: Executors, wanted: Sequence[Wanted]) -> None:
        self._settings, self._executors = settings, executors
        self._able: dict[str, Wanted] = {}
        """By run, those that nothing speaks against, nor against what they follow."""
        self._named: Sequence[Attempt] = ()
        """Those by the names of their jobs, which are about to be submitted."""
        self._steps: deque[Callable[[Store], object]] = deque(
            partial(self._look_at, each) for each in wanted
        )
        """A moment each."""
        self.claimed = {each.attempt.run for each in wanted}
        """Runs that have neither a job yet nor an end."""

    def go_on(self, store: Store) -> bool:
        """Do some of it; whether there is more to do. Raises OSError, and then it is given up: what
        is claimed begins again.
        """
        until = time.monotonic() + _AT_ONCE_S
        while step := self._next():
            step(store)
            if time.monotonic() > until:
                return True
        return False

    def _next(self) -> Callable[[Store], object] | None:
        if self._steps:
            return self._steps.popleft()
        if self._able:
            return self._prepare
        return self._submit if self._named else None

    def _look_at(self, wanted: Wanted, store: Store) -> None:
        if not self._able.keys() >= {*wanted.after}:
            self._take_back(store, [wanted.attempt])
            return
        run = store.find(wanted.attempt.run)
        if run is None:  # deleted since it was claimed: the others are handed over all the same
            self.claimed.discard(wanted.attempt.run)
        elif self._reads_the_same(store, run):
            self._able[run.id] = wanted

    def _reads_the_same(self, store: Store, run: Run) -> bool:
        try:
            finish_edit(self._settings, store, run)
            note_of(self._settings, run)
            return True
        except FilesChanged as error:
            self._fail(run.id, RunReason.data, error, store)
            return False

    def _prepare(self, store: Store) -> None:
        able = list(self._able.values())
        self._able.clear()
        first = able[0].attempt
        try:
            width = self._width(store, first.run)
            self._named = self._executors.queueing(first.executor).prepare(able, width)
        except UsageError as error:
            self._refuse(error, [each.attempt for each in able])
            return
        note(self._executors, store, self._named)
        self._write_all(self._named)

    def _submit(self, store: Store) -> None:
        named, self._named = self._named, ()
        try:
            taken = self._executors.queueing(named[0].executor).submit(named)
        except UsageError as error:
            self._refuse(error, named)
            return
        if missed := named[len(taken) :]:
            self._take_back(store, missed)
        note(self._executors, store, taken)
        self._write_all(taken)
        self.claimed.clear()
        log.info("handed over %d to %s", len(taken), named[0].executor)

    def _refuse(self, error: UsageError, attempts: Sequence[Attempt]) -> None:
        self._steps.extend(partial(self._fail, n.run, RunReason.config, error) for n in attempts)

    def _write_all(self, attempts: Sequence[Attempt]) -> None:
        self._steps.extend(partial(self._write, attempt) for attempt in attempts)

    def _width(self, store: Store, run_id: str) -> int:
        """How many of the run's group may be at work at once; 0: nobody said so of that group."""
        groups = queue_file.in_force(self._settings, store).groups
        group = groups.get(store.get(run_id).queue_group)
        return (group.jobs or 0) if group else 0

    def _write(self, attempt: Attempt, _: Store) -> None:
        write(self._settings, attempt)

    def _take_back(self, store: Store, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            files.unwrite(self._settings.run_dir(attempt.run), attempt.n)
        with store.write() as db:
            for attempt in attempts:
                handed.take_back(db, attempt)
        self.claimed -= {attempt.run for attempt in attempts}

    def _fail(self, run: str, reason: RunReason, error: GraftuiError, store: Store) -> None:
        verdict = Verdict(
            status=RunStatus.failed, reason=reason, ended_at=time.time(),
            message=error.message, hint=error.hint,
        )  # fmt: skip
        settle(self._settings, store, run, verdict)
        self.claimed.discard(run)


def note(executors: Executors, store: Store, named: Sequence[Attempt]) -> None:
    """In the registry, what jobs are called; those of runs that were cancelled meanwhile are
    stopped.
    """
    only_if = (*AT_WORK, RunStatus.lost)
    with store.write() as db:
        unwanted = [
            attempt
            for attempt in named
            if files.change(db, attempt, only_if=only_if, job=attempt.job) is None
        ]
    for attempt in unwanted:
        with suppress(OSError):  # its folder may be gone, and then no job begins it
            executors[attempt.executor].stop(attempt, How.ask)


def write(settings: Settings, attempt: Attempt) -> None:
    """In the run's folder, what its job is called."""
    with suppress(OSError):  # a full disk; its row says so too
        files.write(settings.run_dir(attempt.run), attempt)
