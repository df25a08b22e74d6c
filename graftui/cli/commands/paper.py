"""What the verbs of `graftui paper` print."""

from collections.abc import Sequence
from dataclasses import dataclass

from graftui.cli import writing
from graftui.cli.commands import running, sweeps
from graftui.cli.commands.output import send_json
from graftui.cli.writing import Target
from graftui.models import RunStatus
from graftui.planning.paper import Item, ScaleName, item_of, items, sweep_of
from graftui.planning.sweeps import making
from graftui.planning.sweeps.sweep import Sweep, same
from graftui.registry.store import Store
from graftui.results import paper
from graftui.results.export.cells import FORMATS, objects
from graftui.results.figures import counted
from graftui.settings import Settings
from graftui.show import cells
from graftui.terminal import Console, Text


@dataclass(frozen=True, slots=True)
class Asked:
    """Which item, at which scale, with what changed, as typed."""

    name: str
    scale: ScaleName
    sets: Sequence[str]
    grid: Sequence[str]

    def sweep(self) -> tuple[Item, Sweep]:
        """The item, and the sweep that it comes to. Raises NotFound, UsageError."""
        item = item_of(self.name)
        return item, sweep_of(item, self.scale, self.sets, self.grid)


def ls(console: Console, json: bool) -> None:
    """All items, with what the paper says of each."""
    if json:
        send_json([_about(item) for item in items().values()])
        return
    width = max(map(len, items()))
    for item in items().values():
        console.print(Text.assemble((f"{item.name:<{width}}", "bold"), f"  {item.title}"))
        if item.claim:
            claim = f"{'':<{width}}  the paper: {item.claim} ({item.source})"
            console.print(claim, style="dim", soft_wrap=True)


def _about(item: Item) -> dict[str, object]:
    kept = {"name", "title", "claim", "source", "published"}
    return item.model_dump(mode="json", include=kept) | {"scales": list(item.scale)}


def plan(settings: Settings, console: Console, asked: Asked, json: bool) -> None:
    """What it comes to: cells, runs, time and disk."""
    item, sweep = asked.sweep()
    if not json:
        console.print(Text(item.title, "bold"))
    outcome = making.make(sweep, settings, queue=False)
    do_it = f"graftui paper run {item.name} --scale {asked.scale} does it"
    sweeps.tell(settings, console, outcome, json, do_it=do_it)


def run(settings: Settings, console: Console, asked: Asked, on: str, detach: bool) -> None:
    """Queue the sweep and, unless `detach`, wait for its end and print the table. Raises
    RunFailed, RunCancelled where a run does not finish.
    """
    item, sweep = asked.sweep()
    outcome = making.make(sweep, settings, on=on)
    sweeps.tell(settings, console, outcome, json=False)
    if detach:
        return
    reused = [each for each in outcome.plan.reused.values() if each.status.active]
    waited = [*outcome.queued, *reused]
    ended = running.await_all(settings, waited, Console(stderr=True))
    assert all(each.status is RunStatus.finished for each in ended)
    with Store.open(settings.db) as store:
        known = paper.Known(item, outcome.sweep, item.values(asked.scale), store, settings)
        cells.show(paper.table(known), console)


def table(settings: Settings, store: Store, console: Console, asked: Asked, to: Target) -> None:
    """The table of what is there."""
    item, sweep = asked.sweep()
    sweep = same(settings, sweep)
    if not sweep.id or not sweep.cells:
        sweep = making.make(sweep, settings, queue=False).sweep
    known = paper.Known(item, sweep, item.values(asked.scale), store, settings)
    made = paper.table(known)
    if to.format == "table":
        cells.show(made, console)
    elif to.format == "json" and to.output is None:
        send_json({"name": item.name, "rows": objects(made), "notes": list(made.notes)})
    else:
        text = FORMATS[writing.key_of(to.format, to.raw)](made)
        writing.write(text, to.output, counted(len(list(made.lines())), "row"))
