"""What a user says of when waiting runs are to start: held, released, moved.

All runs of one call are changed, in the registry and on their cards, or none. A run is held where
its user said so, or where it was found as a folder; releasing is one thing for both.
"""

from collections.abc import Sequence

from graftui.errors import UsageError
from graftui.models import Run, RunStatus
from graftui.registry import queue
from graftui.registry.held import BY_USER, hint, queued_by
from graftui.registry.store import Store
from graftui.scheduler.identity import here
from graftui.scheduler.queue import policy, queue_file
from graftui.scheduler.queue.ranks import moved
from graftui.scheduler.queue.together import Change, change_all, seen_now
from graftui.settings import Settings

WAITING = (RunStatus.queued, RunStatus.held)
MOST = 1_000_000
"""The highest priority; its negative is the lowest."""


def hold(settings: Settings, runs: Sequence[Run]) -> None:
    """Hold queued runs back. Raises UsageError if one is not queued."""
    with Store.open(settings.db) as store:
        now = seen_now(settings, store, runs, [RunStatus.queued], "Hold")
        held = {"status": RunStatus.held, "held": True, "message": BY_USER}
        changes = [Change(run, {**held, "hint": hint(run.id)}, {"held": True}) for run in now]
        change_all(settings, store, changes)


def release(settings: Settings, runs: Sequence[Run]) -> None:
    """Queue held runs; `look.set_going` sets them going. Raises UsageError if one is not held."""
    with Store.open(settings.db) as store:
        now = seen_now(settings, store, runs, [RunStatus.held], "Release")
        queued = {"status": RunStatus.queued, "held": False, "message": "", "hint": ""}
        card = {"held": False, **queued_by(settings)}
        change_all(settings, store, [Change(run, queued, card) for run in now])


def move(settings: Settings, runs: Sequence[Run], before: Run | None, front: bool = False) -> None:
    """Put waiting runs, in this order, right before another one, in front of all, or else behind
    all. Raises UsageError if one of them, or that one, does not wait, or is among them.
    """
    with Store.open(settings.db) as store:
        now = seen_now(settings, store, runs, WAITING, "Move")
        for goal in seen_now(settings, store, [before] if before else [], WAITING, "Move"):
            if goal.id in [run.id for run in now]:
                raise UsageError(
                    f"Run {goal.id} cannot be moved before itself.", "Name another run, or --front."
                )
        line = sorted(queue.waiting(store.db, here(settings)), key=policy.order)
        ids = [run.id for run in now]
        others = (run.id for run in line if run.id not in ids)
        goal_id = before.id if before else next(others, None) if front else None
        turns = moved(line, ids, goal_id)
        changed = seen_now(settings, store, [store.get(id) for id in turns], WAITING, "Move")
        changes = []
        for run in changed:
            priority, rank = turns[run.id]
            fields = {"priority": priority, "rank": rank}
            changes.append(Change(run, fields, fields))
        change_all(settings, store, changes)


def check_turn(settings: Settings, priority: int, group: str) -> None:
    """Raises UsageError for a group that there is not, or a priority out of bounds."""
    if abs(priority) > MOST:
        raise UsageError(
            f"--priority {priority} is out of bounds.", f"Between -{MOST:,} and {MOST:,}."
        )
    known = queue_file.read(settings).groups
    if group and group not in known:
        there = f"There are: {', '.join(known)}; or make" if known else "Make"
        raise UsageError(
            f"The queue has no group {group!r}.",
            f"{there} it with `graftui queue group {group} --jobs 1`.",
        )
