"""Runs handed to executors with a queue of their own, such as Slurm's; the supervisor does it.

Owns when that is done, and for which runs; how is in handover.py.
"""

import time
from collections.abc import Sequence, Set

from graftui.models import Attempt
from graftui.registry import handed, queue
from graftui.registry.store import Store
from graftui.scheduler.executors import Executors
from graftui.scheduler.executors.base import Wanted
from graftui.scheduler.handover import Handover, note, write
from graftui.scheduler.identity import here
from graftui.scheduler.queue import policy, queue_file
from graftui.settings import PILOT, QUEUEING, Settings

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
        self._under_way: Handover | None = None

    @property
    def claimed(self) -> Set[str]:
        """Runs that are just being handed over, and have no job yet."""
        return self._under_way.claimed if self._under_way else frozenset()

    def look(self, store: Store) -> None:
        """After what was handed over, and whether something is ready to be."""
        if self._under_way is None and time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_S
            paused = policy.paused(queue_file.in_force(self.settings, store))
            for name in QUEUEING:
                self._look_at(store, name, paused)

    def go_on(self, store: Store) -> None:
        """With what is just being handed over, for a moment."""
        handover, self._under_way = self._under_way, None  # where that fails, it is given up
        if handover is not None and handover.go_on(store):
            self._under_way = handover

    def _look_at(self, store: Store, name: str, paused: set[str]) -> None:
        state = queue.changes(store.db), paused
        if self._under_way or state == self._idle.get(name):
            return
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
        if renamed := executor.known_as(has):
            note(self.executors, store, renamed)
            for attempt in renamed:
                write(self.settings, attempt)
        if room and (wanted := self._claimed(store, name, room)):
            self._under_way = Handover(self.settings, self.executors, wanted)

    def _claimed(self, store: Store, name: str, most: int) -> list[Wanted]:
        """What is ready, claimed; with all that follows it, where one job may do many runs."""
        with store.write() as db:
            paused = policy.paused(queue_file.in_force(self.settings, store))
            ids = handed.ready(db, self._here, name, paused, most)
            after: dict[str, tuple[str, ...]] = dict.fromkeys(ids, ())
            if ids and store.get(ids[0]).executor.endswith(PILOT):
                after |= handed.following(db, self._here, ids)
            return [Wanted(queue.claim(db, id), sources) for id, sources in after.items()]
