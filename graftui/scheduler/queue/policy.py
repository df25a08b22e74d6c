"""Which run is next: the one rule of the queue, over values. Reads no file and no registry."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from graftui.models import Run
from graftui.turns import Group, Knobs, Waiting


def next_run(waiting: Iterable[Waiting], busy: Mapping[str, str], knobs: Knobs) -> Waiting | None:
    """The run that starts next; None: nothing may start now.

    What an executor with a queue of its own takes, such as Slurm's, is not started here (registry/
    handed.py). A run may start if all of this holds:

    1. nobody holds it back: it is queued, not held;
    2. each run that it is made from has finished;
    3. neither the queue is paused, nor the run's group;
    4. there is a free slot: fewer runs of its group are at work than the group is wide. What is of
       no group, or of one that nobody gave a width, shares the slots of the queue itself; where
       nobody said how wide that is, it has a slot for each run that has room.

    Of those it is the one of the highest priority; of these the one of the lowest rank, which is
    when it was queued unless it was moved; of these the one that comes first in `waiting`.

    Whether this machine has room for it is asked next, of it and of those behind it: the rule for
    that is `outcomes` and `admit` in scheduler/admission/rule.py.

    `busy`: id of each run that is at work -> its group.
    """
    return min(_able(waiting, busy, knobs), key=order, default=None)


def in_line(waiting: Iterable[Waiting], busy: Mapping[str, str], knobs: Knobs) -> list[Waiting]:
    """All that may start by the rule of `next_run`, in its order: the first that has room does."""
    return sorted(_able(waiting, busy, knobs), key=order)


def _able(waiting: Iterable[Waiting], busy: Mapping[str, str], knobs: Knobs) -> Iterator[Waiting]:
    room = _with_room(busy.values(), knobs)
    for run in waiting:
        if not (run.handed or run.held or run.unfinished) and slot(run.group, knobs) in room:
            yield run


def order(run: Waiting) -> tuple[float, float]:
    """Where a run stands in the queue: lower is earlier."""
    return -run.priority, run.rank


def order_of(run: Run) -> tuple[float, float]:
    """Where a run that has started stood."""
    return -run.priority, run.created_at if run.rank is None else run.rank


def slot(group: str, knobs: Knobs) -> str:
    """Whose slots runs of that group take: their group's own, or (empty) those of the queue."""
    return group if group in knobs.groups else ""


def slots(knobs: Knobs) -> dict[str, Group]:
    """All that has slots, by name; empty: the queue itself. What is paused as a whole is so in each
    part.
    """
    parts = {"": Group(knobs.jobs), **knobs.groups}
    return {name: Group(part.jobs, part.paused or knobs.paused) for name, part in parts.items()}


def paused(knobs: Knobs) -> set[str]:
    """Groups of which nothing new starts; empty: nothing at all does."""
    named = {name for name, part in knobs.groups.items() if part.paused}
    return named | ({""} if knobs.paused else set())


def has_room(busy: Mapping[str, str], knobs: Knobs) -> bool:
    """Whether anything at all might start: spares a look at thousands that wait."""
    return bool(_with_room(busy.values(), knobs))


def taken(groups: Iterable[str], knobs: Knobs) -> Counter[str]:
    """How many slots runs of these groups take, by whose slots they are."""
    return Counter(slot(group, knobs) for group in groups)


def _with_room(groups: Iterable[str], knobs: Knobs) -> Collection[str]:
    used = taken(groups, knobs)
    return {
        name
        for name, part in slots(knobs).items()
        if not part.paused and (part.jobs is None or used[name] < part.jobs)
    }
