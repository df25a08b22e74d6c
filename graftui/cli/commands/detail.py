"""What `show` prints."""

import dataclasses
import json
import time

from engine.contract.layout import read_whole
from graftui import kinds
from graftui.cli.commands.output import as_json, send_json
from graftui.errors import UsageError
from graftui.models import Run
from graftui.registry.provenance import all_recorded, recorded
from graftui.registry.store import Store
from graftui.results.facts import facts
from graftui.results.figures import figure, subject
from graftui.results.made import result_of
from graftui.results.maps import about, map_of
from graftui.results.provenance import told
from graftui.results.side_by_side import used
from graftui.scheduler.condition import observed, observed_files
from graftui.scheduler.settle import directory
from graftui.settings import Settings
from graftui.show import tables
from graftui.show.grids import drawn
from graftui.show.heat import Heat
from graftui.terminal import Console, Text


def show(store: Store, settings: Settings, run: Run, console: Console, json: bool) -> None:
    """All that is known of a run."""
    now = time.time()
    (run,) = observed(settings, [run], now)
    scores = store.scores([run.id])[run.id]
    files = observed_files(settings, run, store.artifacts(run.id))
    if json:
        whole = as_json(run) | {
            "scores": [
                dataclasses.asdict(score) | {"sparsity": score.sparsity} for score in scores
            ],
            "artifacts": [dataclasses.asdict(file) for file in files],
            "run_dir": str(directory(settings, run).path),
            "recover": recovered(settings, run),
            "provenance": _provenance(run, settings),
        }
        send_json(whole)
        return
    about = (run.id, "bold"), f"  {run.name}  {subject(run)}  ", tables.status(run)
    console.print(Text.assemble(*about))
    for text in filter(None, (run.message, run.hint)):
        console.print(f"  {text}")
    for text in _warnings(run):
        console.print(f"  {text}", style="yellow")
    for line in filter(None, run.log_tail.split("\n")):
        console.print(f"  | {line}", style="dim")
    console.print(tables.settings({**facts(run, now), **_in_its_folder(run, settings)}))
    if run.attempt.n:
        console.print(tables.settings(told(recorded(directory(settings, run), run.attempt.n))))
    if scores:
        console.print(tables.Results(scores))
    for grid in kinds.shown(run.kind).grids(result_of(directory(settings, run))):
        console.print(Text(grid.title, "bold"))
        console.print(drawn(grid))
    if located := _located(settings, run, console):
        console.print(located)
    for file in files:
        gone = ": gone, and not to be reused" if file.gone else ""
        console.print(f"{file.kind}: {file.path} ({file.bytes:,} bytes){gone}")
    console.print(tables.settings(used(run.config, run.kind)))


def _located(settings: Settings, run: Run, console: Console) -> Heat | None:
    """Where the weights lie of the graft that the run's scores are about, or else of its last."""
    try:
        located = map_of(directory(settings, run).path)
    except UsageError as error:
        console.print(error.message, style="yellow", soft_wrap=True)
        return None
    if located is None or not located.grafts:
        return None
    graft = located.grafts[about(run, located)]
    of = graft.title(str(run.config.get("localizer", "")), len(located.grafts) > 1)
    return Heat(located.heat(graft, f"share of each module's weights in the {of}, by layer"))


def _warnings(run: Run) -> list[str]:
    """What of the run's files was not understood."""
    lines = "1 line" if run.bad_events == 1 else f"{run.bad_events} lines"
    counted = [f"{lines} of events.jsonl could not be understood:"] if run.bad_events else []
    of_events = [text for text in run.warnings if text.startswith("events.jsonl")]
    return [text for text in run.warnings if text not in of_events] + counted + of_events


def _provenance(run: Run, settings: Settings) -> list[dict[str, object]]:
    """What each start noted; of an older run what its last one said of itself."""
    run_dir, last = directory(settings, run), run.attempt.n
    noted = all_recorded(run_dir) or {last: recorded(run_dir, last)}
    return [{"attempt": n, **known} for n, known in noted.items() if known]


def _in_its_folder(run: Run, settings: Settings) -> dict[str, str]:
    folder = {"folder": str(directory(settings, run).path)}
    smallest = _smallest(settings, run)
    return folder | ({"smallest graft": smallest} if smallest else {})


def recovered(settings: Settings, run: Run) -> dict[str, float] | None:
    """What `graft.recover` found: weights, recovery, and its 95 % interval from low to high."""
    try:
        figures = json.loads(read_whole(directory(settings, run).result))["recover"]
        return {name: float(figures[name]) for name in ("weights", "recovery", "low", "high")}
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _smallest(settings: Settings, run: Run) -> str:
    bounds = recovered(settings, run)
    if bounds is None:
        return ""
    weights = figure("weights", bounds["weights"])
    share, low, high = (figure("recovery", bounds[name]) for name in ("recovery", "low", "high"))
    return f"{weights} weights recover {share} % (95 % interval {low} to {high})"
