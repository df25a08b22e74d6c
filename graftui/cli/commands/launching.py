"""What `run` and `rerun` do with what is planned: queue it and watch it, or say what that takes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from engine.contract.gpus import devices_elsewhere
from graftui.cli.commands import notices, running
from graftui.cli.commands.output import as_json, send_json
from graftui.cli.common import console_here
from graftui.errors import NotFinished
from graftui.models import Run
from graftui.planning import library, overrides
from graftui.planning import plans as planning
from graftui.planning.estimate import estimate
from graftui.planning.plans import Planned
from graftui.settings import Settings, queueing
from graftui.show import plans as drawing
from graftui.terminal import Console
from graftui.turns import Turn


@dataclass(frozen=True, slots=True)
class How:
    """The options, as typed."""

    on: str
    """Name of an executor; empty: where each ran before."""
    turn: Turn
    detach: bool = False
    notify: bool = False
    dry_run: bool = False
    json: bool = False

    def console(self) -> Console:
        """Where what is done is told; standard output is for JSON alone, if that is wanted."""
        return console_here(stderr=self.json)


def run(
    settings: Settings,
    recipe: str,
    sets: Sequence[str],
    name: str,
    tags: Sequence[str],
    fresh: bool,
    how: How,
) -> None:
    """The runs of a recipe. Raises UsageError for what can be seen to fail, and as
    `running.carry_out` does.
    """
    notices.check(how.notify, how.detach)
    wanted, console = library.load(recipe, settings), how.console()
    values = overrides.parse(sets, wanted.kinds)
    with devices_elsewhere(queueing(how.on)):
        planned = planning.plan(wanted, settings, values, name, tags, fresh)
    if how.dry_run:
        tell_plan(settings, planned, how)
        return
    running.tell_reused(planned, console)
    with told_as_json(how) as told, notices.told_at_end(how.notify, name or wanted.name) as tell:
        runs = running.carry_out(settings, planned, how.on, console, how.detach, how.turn)
        tell(notices.ended(runs))
        told(runs)


@contextmanager
def told_as_json(how: How) -> Iterator[Callable[[Sequence[Run]], None]]:
    """Within it runs are queued and waited for: they are printed as JSON, if that is wanted, as
    they ended, or as they were queued where nobody waits; also where not all finished.
    """

    def tell(runs: Sequence[Run]) -> None:
        if how.json:
            send_json([as_json(run) for run in runs])

    try:
        yield tell
    except NotFinished as error:
        tell(error.runs)
        raise


def tell_plan(settings: Settings, planned: Planned, how: How) -> None:
    """What it would come to; nothing is queued."""
    expected = estimate(planned.plans, settings)
    if how.json:
        plans = [
            {"name": each.name, "kind": each.kind, "inputs": dict(each.inputs),
             "config": each.config.model_dump(mode="json")}
            for each in planned.plans
        ]  # fmt: skip
        reused, same = ([run.id for run in runs] for runs in (planned.reused, planned.same))
        remarks, size = list(planned.remarks), asdict(expected)
        send_json({"plans": plans, "reused": reused, "same": same, "estimate": size,
                   "remarks": remarks})  # fmt: skip
        return
    console = how.console()
    for word, said in drawing.plan(planned, expected):
        console.print(f"{word:<10} {said}", soft_wrap=True)
    console.print("nothing was queued: leave out --dry-run to do it")
