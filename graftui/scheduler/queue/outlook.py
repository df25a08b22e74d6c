"""The queue as it stands: what runs where, what waits for what and why, and when it will start.

Owns the words for why something waits. Changes nothing.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from graftui.grants import Grant
from graftui.models import Run, RunStatus
from graftui.registry import queue
from graftui.registry.store import Store
from graftui.scheduler.admission.admission import AHEAD, Admission
from graftui.scheduler.admission.machine import Need, Wait
from graftui.scheduler.admission.rule import Outcome, outcomes, started
from graftui.scheduler.condition import observed
from graftui.scheduler.identity import here
from graftui.scheduler.lock import supervised
from graftui.scheduler.queue import policy, queue_file
from graftui.scheduler.queue.durations import Durations
from graftui.scheduler.queue.forecast import AtWork, forecast
from graftui.scheduler.reconcile import AT_WORK
from graftui.settings import Settings
from graftui.turns import Knobs, Waiting

_FORESEEN = 200
"""Starts that are worked out, at the most."""


@dataclass(frozen=True, slots=True)
class Line:
    """One that waits."""

    run: Run
    why: str
    """What it waits for; "next" where that is nothing but its turn."""
    starts_in_s: float | None
    """Seconds; None: cannot be foreseen."""
    need: Need | None = None
    """Memory that it is given room for; None: of one that is not weighed now."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """The queue of one data folder."""

    knobs: Knobs
    taken: Mapping[str, int]
    """Slots that are taken, by group; empty: of the queue itself."""
    supervised: bool
    """Whether somebody is there to start what is next."""
    at_work: Sequence[Run]
    left_s: Mapping[str, float | None]
    """Id of each of those -> seconds that it will still take."""
    lines: Sequence[Line]
    """In the order in which they stand in the queue: all, or the part that was asked for."""
    waiting: int
    """How many wait in all."""
    held: int
    """How many of these are held."""


def outlook(settings: Settings, store: Store, part: slice = slice(None)) -> Outlook:
    """As it stands now; of what waits the `part` that is to be shown: the rest is counted."""
    now, me, durations = time.time(), here(settings), Durations(store)
    knobs = queue_file.in_force(settings, store)
    unsettled = store.unsettled(settings.folder, waiting=False)
    at_work = observed(settings, [run for run in unsettled if run.status in AT_WORK], now)
    admission = Admission(settings)
    left_s = {run.id: left_of(run, durations, now) for run in at_work}
    busy = queue.busy(store.db, me)
    line = sorted(queue.waiting(store.db, me), key=policy.order)
    runs = _Runs(store, {run.id: run for run in at_work})
    first = [each for each in line[:_FORESEEN] if runs.of(each.id)]
    starts = forecast(
        first,
        {each.id: runs[each.id].sources for each in first},
        {id: AtWork(seconds, busy.get(id)) for id, seconds in left_s.items()},
        _chooser(admission, store, first, busy, knobs),
        lambda id: durations.of(runs[id]),
        _FORESEEN,
    )
    able = policy.in_line(line, busy, knobs)
    weighed = admission.weighed(store, able, busy, knobs) if able else []
    taken = policy.taken(busy.values(), knobs)
    why = _Why(knobs, taken, {asking.id: outcome for asking, outcome in weighed}, runs)
    needs = {asking.id: asking.need for asking, _ in weighed}
    lines = [
        Line(run, why.of(each, run), starts.get(each.id), needs.get(each.id))
        for each in line[part]
        if (run := runs.of(each.id))
    ]
    held = sum(each.held for each in line)
    return Outlook(knobs, taken, supervised(settings), at_work, left_s, lines, len(line), held)


class _Runs:
    """Runs by id, read when they are first asked for: of thousands that wait few are shown."""

    def __init__(self, store: Store, known: Mapping[str, Run]) -> None:
        self._store = store
        self._known: dict[str, Run | None] = dict(known)

    def of(self, id: str) -> Run | None:
        """As it was when the queue was looked at; None: it is gone."""
        if id not in self._known:
            self._known[id] = self._store.find(id)
        return self._known[id]

    def __getitem__(self, id: str) -> Run:
        run = self.of(id)
        assert run is not None  # of those that wait, the ones that are gone were left out
        return run


def _chooser(
    admission: Admission,
    store: Store,
    line: Sequence[Waiting],
    busy: Mapping[str, str],
    knobs: Knobs,
) -> Callable[[Collection[Waiting], Mapping[str, str]], Waiting | None]:
    """Both rules of the queue, for runs that are at work as far as one foresees."""
    if not line:
        return lambda left, at_work: None
    room, now = admission.now(store, busy, knobs)
    known = {run.id: run for run in now}
    asks = {asking.id: asking for asking in admission.asking(store, line[:_FORESEEN], knobs)}

    def chosen(left: Collection[Waiting], at_work: Mapping[str, str]) -> Waiting | None:
        able = {run.id: run for run in policy.in_line(left, at_work, knobs) if run.id in asks}
        there = [known[id] for id in at_work if id in known]
        for asking, outcome in outcomes([asks[id] for id in able][:AHEAD], room, there):
            if isinstance(outcome, Grant):
                known[asking.id] = started(asking, outcome)
                return able[asking.id]
        return None

    return chosen


def left_of(run: Run, durations: Durations, now: float) -> float | None:
    """By what it says itself, or else by what such runs took."""
    if run.left_s is not None:
        return max(0.0, run.left_s - (now - (run.heard_at or now)))
    took = durations.of(run)
    return None if took is None else max(0.0, took - (now - (run.started_at or now)))


@dataclass(frozen=True, slots=True)
class _Why:
    """What is to be known to say why a run waits."""

    knobs: Knobs
    taken: Mapping[str, int]
    weighed: Mapping[str, Outcome]
    """By id, what admission says of those that nothing else holds back."""
    runs: _Runs
    """As they were when the queue was looked at: since then some may have ended."""

    def of(self, waiting: Waiting, run: Run) -> str:
        """The first of the preconditions of policy.next_run that does not hold, or what it has no
        room for."""
        slot = policy.slot(waiting.group, self.knobs)
        part = policy.slots(self.knobs)[slot]
        if waiting.held:
            return f"held: {run.message}" if run.message else "held"
        if waiting.unfinished:
            return f"after {', '.join(self._unfinished(run))}"
        if self.knobs.paused:
            return "the queue is paused"
        if part.paused:
            return f"the group {slot} is paused"
        if waiting.handed:
            return f"to be handed to {run.executor}"
        if part.jobs is not None and self.taken[slot] >= part.jobs:
            of = f" of {slot}" if slot else ""
            return f"a free slot{of}: {self.taken[slot]} of {part.jobs} taken"
        outcome = self.weighed.get(waiting.id)
        if isinstance(outcome, Wait):
            return outcome.why
        granted = (id for id, out in self.weighed.items() if isinstance(out, Grant))
        return "next" if waiting.id == next(granted, None) else "its turn"

    def _unfinished(self, run: Run) -> list[str]:
        sources = {id: self.runs.of(id) for id in run.sources}
        return [
            f"{id} ({source.status if source else 'deleted'})"
            for id, source in sources.items()
            if source is None or source.status is not RunStatus.finished
        ]
