"""What `edit` does: other settings, or another turn, for runs that have not started."""

from collections.abc import Mapping, Sequence
from typing import Any

from graftui.cli.commands.choosing import NOBODY, agreed, chosen
from graftui.cli.commands.output import send_json
from graftui.errors import UsageError
from graftui.planning.edits import Edited, edited, refuse_started
from graftui.planning.values import written
from graftui.registry.store import Store
from graftui.scheduler import look
from graftui.scheduler.queue import arrange
from graftui.scheduler.queue.rewrite import rewrite
from graftui.scheduler.queue.together import Change
from graftui.settings import Settings
from graftui.terminal import Console, Text


def turn(settings: Settings, priority: int | None, group: str | None) -> dict[str, Any]:
    """What was typed of when they are to start. Raises UsageError."""
    arrange.check_turn(settings, priority or 0, group or "")
    given = {"priority": priority, "queue_group": group}
    return {name: value for name, value in given.items() if value is not None}


def edit(
    settings: Settings, store: Store, console: Console, refs: Sequence[str], sets: Sequence[str],
    turn: Mapping[str, Any], filters: Sequence[str], yes: bool, json: bool,
) -> None:  # fmt: skip
    """Change runs; of those that a filter chose, the ones that have not started, after asking."""
    if not sets and not turn:
        raise UsageError(
            "Nothing is to be changed.", "Example: graftui edit k3f9qz --set train.lr=1e-3"
        )
    runs = chosen(settings, store, refs, filters)
    if filters:
        runs = [run for run in runs if run.status in arrange.WAITING]
    if not runs:
        send_json([]) if json else console.print(NOBODY)
        return
    for run in runs:
        refuse_started(run, settings.run_dir(run.id))
    remade = edited(settings, store, runs, sets) if sets else []
    if filters and not agreed(runs, "edit", yes, console):
        return
    turns = [Change(run, turn, turn) for run in runs] if turn else []
    rewrite(settings, [each.rewritten for each in remade], turns)
    if turn:
        look.set_going(settings)
    if json:
        send_json([_as_json(each) for each in remade] or [run.id for run in runs])
        return
    for each in remade:
        _tell(each, console)
    for run in runs if turn else ():
        told = ", ".join(f"{name.removeprefix('queue_')} {value}" for name, value in turn.items())
        console.print(f"{run.id} ({run.name}): {told}", soft_wrap=True)


def _as_json(each: Edited) -> dict[str, Any]:
    run = each.rewritten.run
    changes = {path: {"old": old, "new": new} for path, (old, new) in each.changes.items()}
    return {"id": run.id, "name": run.name, "changes": changes}


def _tell(each: Edited, console: Console) -> None:
    run = each.rewritten.run
    console.print(f"{run.kind} {run.id} ({run.name}):", soft_wrap=True)
    for path, (before, after) in each.changes.items():
        text = f"  {path}: {written(before)} -> ", (written(after), "bold")
        console.print(Text.assemble(*text), soft_wrap=True)
