"""What a user says of when waiting runs are to start: held, released, moved.

All runs of one call are changed, in the registry and on their cards, or none. A run is held where
its user said so, or where it was found as a folder; releasing is one thing for both.
"""

from collections.abc import Sequence

from graftui.errors import UsageError
from graftui.models import Run, RunStatus
from graftui.registry import queue
from graftui.registry.held import BY_USER, hint, queued_by, refuse_newer
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
    """Queue held runs; `look.set_going` sets them going. Raises UsageError if one is not held,
    or a newer graftui made it.
    """
    with Store.open(settings.db) as store:
        now = seen_now(settings, store, runs, [RunStatus.held], "Release")
        for run in now:
            refuse_newer(run)
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


def shift(settings: Settings, runs: Sequence[Run], up: bool) -> None:
    """Put waiting runs before the one that stands before the first of them, or behind the one
    behind the last; the order among them stays. Raises UsageError as `move` does.
    """
    with Store.open(settings.db) as store:
        seen_now(settings, store, runs, WAITING, "Move")
        line = [run.id for run in sorted(queue.waiting(store.db, here(settings)), key=policy.order)]
        chosen = {run.id: run for run in runs}
        at = sorted(line.index(id) for id in chosen if id in line)
        ids = [line[n] for n in at]
        rest = [id for id in line if id not in chosen]
        ahead = sum(id not in chosen for id in line[: at[0] if up else at[-1]]) if at else 0
        target = ahead - 1 if up else ahead + 1
        if not ids or target < 0 or target > len(rest):
            return
        before = store.get(rest[target]) if target < len(rest) else None
    move(settings, [chosen[id] for id in ids], before)


def prioritize(settings: Settings, runs: Sequence[Run], by: int) -> None:
    """Raise the priority of waiting runs, or lower it. Raises UsageError."""
    for run in runs:
        check_turn(settings, run.priority + by, "")
    with Store.open(settings.db) as store:
        now = seen_now(settings, store, runs, WAITING, "Edit")
        turns = [(run, {"priority": run.priority + by}) for run in now]
        change_all(settings, store, [Change(run, turn, turn) for run, turn in turns])


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
