"""The queue as one process knows it, which asks for the next run again and again.

Thousands may wait, so they are read again only where something changed, by the registry's count of
that; and where nothing had room, the machine is asked again a moment later.
"""

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from graftui.grants import Grant
from graftui.registry import queue
from graftui.registry.store import Store
from graftui.scheduler.identity import here
from graftui.scheduler.queue import policy, queue_file
from graftui.settings import Settings
from graftui.turns import Knobs, Waiting

if TYPE_CHECKING:
    from graftui.scheduler.admission.admission import Admission

_REST_S = 1.0


class Line:
    """Of one data folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._state: tuple[queue.Changes, Knobs, Mapping[str, str]] | None = None
        """When `_able` and `_busy` were read."""
        self._able: Sequence[Waiting] = ()
        self._busy: Mapping[str, str] = {}
        self._refused_at: float | None = None

    def next(self, store: Store, mine: Mapping[str, str]) -> tuple[str, Grant] | None:
        """Id of the run that starts, and what it gets; None: none may, or none has room, or a
        moment ago none had. `mine`: id -> group of runs whose slots are taken, whatever the
        registry says. Raises UsageError where the machine is pretended, and not well.
        """
        knobs = self._read(store, mine)
        if not self._able or self._rests():
            return None
        first = self._admission.first(store, self._able, self._busy, knobs)
        self._refused_at = time.monotonic() if first is None else None
        return first

    def hopeful(self, store: Store) -> bool:
        """Whether, with nothing at work, one that waits will have room. Raises as `next` does."""
        knobs = self._read(store, {})
        return bool(self._able) and self._admission.hopeful(store, self._able, knobs)

    @cached_property
    def _admission(self) -> "Admission":
        # Where nothing waits, nobody needs to know what the machine has.
        from graftui.scheduler.admission.admission import Admission

        return Admission(self._settings)

    def _rests(self) -> bool:
        return self._refused_at is not None and time.monotonic() - self._refused_at < _REST_S

    def _read(self, store: Store, mine: Mapping[str, str]) -> Knobs:
        me, knobs = here(self._settings), queue_file.in_force(self._settings, store)
        state = queue.changes(store.db), knobs, dict(mine)  # first: what changes now counts later
        if state != self._state:
            self._busy = {**queue.busy(store.db, me), **mine}
            room = policy.has_room(self._busy, knobs)
            waiting = queue.waiting(store.db, me) if room else ()
            self._able = policy.in_line(waiting, self._busy, knobs)
            self._state, self._refused_at = state, None
        return knobs
