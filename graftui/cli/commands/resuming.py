"""What `resume` does: puts runs back in the queue, and says from where each goes on."""

from collections.abc import Sequence

from engine.contract.saved import saved_step
from graftui.cli.commands.choosing import NOBODY, agreed, chosen
from graftui.cli.commands.output import send_json
from graftui.cli.commands.running import tell_paused
from graftui.models import Run
from graftui.registry.store import Store
from graftui.scheduler import look
from graftui.scheduler import resume as resuming
from graftui.scheduler.queue.requeue import ENDED_EARLY
from graftui.settings import Settings
from graftui.terminal import Console


def resume(
    settings: Settings,
    store: Store,
    console: Console,
    refs: Sequence[str],
    filters: Sequence[str],
    yes: bool,
    json: bool,
) -> None:
    """Queue the runs, all or none; a filter chooses among those that ended early."""
    runs = chosen(settings, store, refs, filters)
    if filters:
        runs = [run for run in runs if run.status in ENDED_EARLY and run.reason != "diverged"]
    if filters and runs and not agreed(runs, "go on with them", yes or json, console):
        return
    queued = resuming.resume(settings, runs)
    look.set_going(settings)
    if json:
        send_json([_as_json(settings, run) for run in queued])
        return
    if not queued:
        console.print(NOBODY)
    for run in queued:
        step = saved_step(settings.run_dir(run.id))
        start = "from its start" if step is None else f"from step {step}"
        console.print(f"queued {run.kind} {run.id} ({run.name}): goes on {start}", soft_wrap=True)
    tell_paused(settings, console, *(run.queue_group for run in queued))


def _as_json(settings: Settings, run: Run) -> dict[str, object]:
    step = saved_step(settings.run_dir(run.id))
    return {"id": run.id, "name": run.name, "kind": run.kind, "saved_step": step}
