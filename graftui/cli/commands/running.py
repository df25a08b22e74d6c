"""What `run`, `rerun`, `watch` and `cancel` do at the terminal: queue, watch, show the result."""

from collections.abc import Sequence
from dataclasses import replace

from graftui.cli.commands.live import Watch, verdict
from graftui.errors import UsageError
from graftui.models import Run
from graftui.planning.plans import Planned
from graftui.registry.store import Store
from graftui.results.times import duration
from graftui.scheduler import cancel as cancelling
from graftui.scheduler.executors import Executors
from graftui.scheduler.look import set_going
from graftui.scheduler.queue import queue_file
from graftui.scheduler.queue.arrange import check_turn
from graftui.scheduler.submit import Plan, submit
from graftui.settings import PILOT, SLURM, Settings
from graftui.show import tables
from graftui.terminal import Console, Text
from graftui.turns import Turn


def turn(settings: Settings, priority: int, group: str) -> Turn:
    """When runs are to start, as typed. Raises UsageError."""
    check_turn(settings, priority, group)
    return Turn(priority=priority, queue_group=group)


def go(
    settings: Settings, plans: Sequence[Plan], console: Console, detach: bool, turn: Turn
) -> list[Run]:
    """Queue `plans` and watch them: as they ended, or as queued where nobody waits. Raises
    RunFailed or RunCancelled if they do not finish.
    """
    runs = submit(settings, [replace(plan, turn=turn) for plan in plans])
    set_going(settings)
    for run in runs:
        after = f", after {', '.join(run.sources)}" if run.sources else ""
        console.print(
            Text.assemble(f"queued {run.kind} ", (run.id, "bold"), f" ({run.name}{after})")
        )
    tell_paused(settings, console, turn.queue_group)
    if detach:
        console.print(
            f"they run on their own; watch with: graftui watch {' '.join(r.id for r in runs)}"
        )
        return runs
    try:
        return follow(settings, runs, console)
    except KeyboardInterrupt:
        console.print("stopping at the next step, keeping what is best so far", style="yellow")
        cancel_all(settings, runs, console)
        return _conclude(settings, runs, console)


def carry_out(
    settings: Settings, planned: Planned, on_: str, console: Console, detach: bool, turn: Turn
) -> list[Run]:
    """Run a recipe that is planned, and show what comes of it: of one with [evidence] the card.
    Raises as `go` does.
    """
    plans = on(planned.plans, on_)
    if planned.controls is None:
        return go(settings, plans, console, detach, turn)
    from graftui.cli.commands import evidence  # it reads answers: only for who asks for a card

    return evidence.of_recipe(settings, console, planned, plans, detach, turn)


def executor(on: str, pilot: bool) -> str:
    """The name of the executor that was typed. Raises UsageError."""
    if not pilot or on.endswith(PILOT):
        return on
    if on.partition(":")[0] != SLURM:
        where = f"this goes on {on}" if on else "no --on is given"
        raise UsageError(
            f"--pilot is about jobs of Slurm, and {where}.",
            "Give --on slurm too; what runs here shares a warm engine anyway.",
        )
    return f"{on}{PILOT}"


def tell_paused(settings: Settings, console: Console, *groups: str) -> None:
    """Say where what was just queued, for `groups`, waits for its user's word."""
    if trouble := queue_file.trouble(settings):
        console.print(trouble, style="yellow", soft_wrap=True)
        return
    for command in dict.fromkeys(queue_file.resumed_by(settings, group) for group in groups):
        if command:
            console.print(f"paused: nothing of it starts until `{command}`", style="yellow")


def check_executor(settings: Settings, name: str) -> None:
    """Raises UsageError for an executor that is not here, and NotAllowed."""
    if name:
        Executors(settings).check(name)


def on(plans: Sequence[Plan], executor: str) -> list[Plan]:
    """`plans`, to be started by that executor."""
    return [replace(plan, executor=executor) for plan in plans]


def tell_reused(planned: Planned, console: Console) -> None:
    """Say which runs stand in for a part of a recipe, and why others do not."""
    for remark in planned.remarks:
        console.print(Text(remark, "yellow"))
    for run in planned.reused:
        how = "under way" if run.status.active else "done"
        text = f" {run.id}: this fine-tuning is {how} already (`graftui run --fresh` runs it again)"
        console.print(Text.assemble(("reusing", "green"), text))


def follow(settings: Settings, runs: Sequence[Run], console: Console) -> list[Run]:
    """Watch `runs` until they end and show their scores: as they ended. Raises as `go` does."""
    Watch(settings, runs, console).until_over()
    return _conclude(settings, runs, console)


def await_all(settings: Settings, runs: Sequence[Run], console: Console) -> list[Run]:
    """The same without their scores."""
    ended = Watch(settings, runs, console).until_over() if runs else []
    if error := verdict(ended):
        raise error
    return ended


def cancel(settings: Settings, runs: Sequence[Run], console: Console) -> None:
    """Stop `runs` and say how each ended."""
    # What waits goes first: it would end with what it waits for, and nothing new may start.
    for run in sorted(runs, key=lambda run: run.created_at, reverse=True):
        with console.status(f"stopping {run.id}"):
            ended = _cancelled(settings, run, alone=len(runs) == 1)
        console.print(f"{ended.id} {ended.status}: {ended.message}")


def _cancelled(settings: Settings, run: Run, alone: bool) -> Run:
    """The run, stopped; one of several may have ended by itself meanwhile."""
    try:
        return cancelling.cancel(settings, run.id)
    except UsageError:
        with Store.open(settings.db) as store:
            ended = store.get(run.id)
        if alone or ended.status.active:
            raise
        return ended


def cancel_all(settings: Settings, runs: Sequence[Run], console: Console) -> None:
    """Stop `runs`, but for one that somebody else's runs wait for."""
    going, wanted = cancelling.parted(settings, runs)
    cancel(settings, going, console)
    for run in wanted:
        console.print(f"{run.id} goes on: other runs wait for it")


def _conclude(settings: Settings, runs: Sequence[Run], console: Console) -> list[Run]:
    with Store.open(settings.db) as store:
        ended = [store.get(run.id) for run in runs]
        scores = store.scores([run.id for run in runs])
    if error := verdict(ended):
        raise error
    used = {source for run in ended for source in run.sources}
    shown = [run for run in ended if run.id not in used]
    for run in shown:
        made = [each for each in ended if each.id in (*run.sources, run.id)]
        took = ", ".join(f"{each.kind} {duration(each.seconds)}" for each in made)
        console.print(tables.Results(scores[run.id], f"{run.name} {run.id} ({took})"))
        console.print(f"files: {settings.runs / run.id}")
    return ended
