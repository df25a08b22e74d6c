"""What `rerun` does: says what changes, asks where a filter chose the runs, queues them."""

from collections.abc import Mapping, Sequence
from typing import Any

from graftui.cli.commands import running
from graftui.cli.commands.choosing import NOBODY, agreed
from graftui.cli.commands.launching import How, tell_plan, told_as_json
from graftui.models import Run
from graftui.planning import plans, reruns
from graftui.planning.values import written
from graftui.scheduler.submit import Plan
from graftui.settings import Settings
from graftui.terminal import Console, Text

Changes = Mapping[str, tuple[Any, Any]]


def rerun(
    settings: Settings,
    runs: Sequence[Run],
    planned: Sequence[tuple[plans.Planned, Changes]],
    asking: bool,
    how: How,
) -> None:
    """Queue what `runs` come to and watch it. A fine-tuning that several need is made once."""
    console = how.console()
    for run, (made, changes) in zip(runs, planned, strict=True):
        _tell(run, made.plans[-1], changes, console)
    whole = reruns.together([made for made, _ in planned])
    if not runs:
        console.print(NOBODY)
    if how.dry_run:
        tell_plan(settings, whole, how)
        return
    with told_as_json(how) as told:
        if not runs or (asking and not agreed(runs, "run again", False, console)):
            told(())
            return
        running.tell_reused(whole, console)
        told(running.go(settings, whole.plans, console, how.detach, how.turn))


def _tell(run: Run, plan: Plan, changes: Changes, console: Console) -> None:
    how = "with:" if changes else "unchanged"
    console.print(f"{run.kind} as in {run.id} ({run.name}), {how}", soft_wrap=True)
    for path, (before, after) in changes.items():
        console.print(Text.assemble(f"  {path}: {written(before)} -> ", (written(after), "bold")))
    if plan.name != run.name:
        console.print(Text.assemble(f"  name: {run.name} -> ", (plan.name, "bold")))
    if gone := [tag for tag in run.tags if tag not in plan.tags]:
        console.print(f"  without its tags {', '.join(gone)} (--keep keeps name and tags)")
