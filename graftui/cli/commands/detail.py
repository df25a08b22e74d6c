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
from graftui.results import origins
from graftui.results.facts import facts
from graftui.results.figures import subject
from graftui.results.made import result_of
from graftui.results.maps import about, map_of
from graftui.results.provenance import told
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
            "attempts": [dataclasses.asdict(each) for each in store.attempts(run.id)],
            "origins": {told.path: told.origin for told in origins.told(run, settings)},
        }
        send_json(whole)
        return
    _tell_standing(run, console)
    folder = {"folder": str(directory(settings, run).path)}
    console.print(tables.settings({**facts(run, now), **folder}))
    if run.attempt.n:
        console.print(tables.settings(told(recorded(directory(settings, run), run.attempt.n))))
    if started := store.attempts(run.id):
        console.print(tables.attempts(run, started, now))
    if scores:
        console.print(tables.Results(scores))
    _tell_result(settings, run, console)
    for file in files:
        gone = ": gone, and not to be reused" if file.gone else ""
        console.print(f"{file.kind}: {file.path} ({file.bytes:,} bytes){gone}")
    console.print(tables.origins(origins.told(run, settings)))


def _tell_standing(run: Run, console: Console) -> None:
    """Which run it is, how it stands, and what went wrong."""
    about = (run.id, "bold"), f"  {run.name}  {subject(run)}  ", tables.status(run)
    console.print(Text.assemble(*about))
    for text in filter(None, (run.message, run.hint)):
        console.print(f"  {text}")
    for text in _warnings(run):
        console.print(f"  {text}", style="yellow")
    for line in filter(None, run.log_tail.split("\n")):
        console.print(f"  | {line}", style="dim")


def _tell_result(settings: Settings, run: Run, console: Console) -> None:
    """What its kind says of its result, and where the weights of its graft lie."""
    result, kind = result_of(directory(settings, run)), kinds.shown(run.kind)
    for card in tables.cards(kind.cards(result)):
        console.print(card)
    for grid in kind.grids(result):
        console.print(Text(grid.title, "bold"))
        console.print(drawn(grid))
    if located := _located(settings, run, console):
        console.print(located)


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


def recovered(settings: Settings, run: Run) -> dict[str, float] | None:
    """What `graft.recover` found: weights, recovery, and its 95 % interval from low to high."""
    try:
        figures = json.loads(read_whole(directory(settings, run).result))["recover"]
        return {name: float(figures[name]) for name in ("weights", "recovery", "low", "high")}
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
