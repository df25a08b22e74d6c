"""What `compare ID ID` does: runs side by side, each by itself or over their seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from graftui.cli import writing
from graftui.cli.commands.output import send_json
from graftui.cli.writing import Target
from graftui.errors import UsageError
from graftui.registry.store import Store
from graftui.results.ahead import Ahead
from graftui.results.answered import Answered
from graftui.results.cells import Table
from graftui.results.collecting import by_size, entries_of, seeds_of
from graftui.results.export.cells import FORMATS, objects
from graftui.results.figures import counted
from graftui.results.overlaid import overlaid
from graftui.results.paired import differences, nothing_compares
from graftui.results.peer_figures import figures
from graftui.results.peers import Peers, each_alone, peers
from graftui.results.side_by_side import Comparison, compare
from graftui.results.trials import Entry
from graftui.scheduler.settle import directory
from graftui.settings import Settings
from graftui.show import cells as printing
from graftui.show import charts
from graftui.show import comparison as columns_or_rows
from graftui.show.press.charts import figure
from graftui.terminal import Console


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of `compare ID ID`, as typed."""

    over: str = ""
    """Settings that are seeds; empty: each run is a column of its own."""
    every: bool = False
    """All settings, also those that the runs share."""
    against: str = ""
    """A run of the baseline whose paired differences are wanted; empty: none."""
    plot: bool = False
    """What they measured over each other, and their scores over sizes, below the table."""
    to: Target = Target()


def show(
    store: Store, settings: Settings, refs: Sequence[str], wanted: Wanted, console: Console
) -> None:
    """The runs side by side. Raises UsageError for fewer than two."""
    chosen = {run.id: run for run in map(store.resolve, refs)}
    if len(chosen) < 2:
        raise UsageError("There is nothing to compare with one run.", "Give two or more.")
    if wanted.plot and wanted.to.format != "table":
        raise UsageError(
            "A plot goes to the screen, below the table, or to a figure.",
            "Leave out --format and --json, or say -o FILE.pdf.",
        )
    entries = entries_of(store, list(chosen.values()))
    runs = [entry.run for entry in entries]
    side = compare(runs, {entry.run.id: entry.scores for entry in entries})
    if wanted == Wanted():
        columns_or_rows.show(side, console)
    elif wanted == Wanted(to=Target("json")):
        ids = [run.id for run in runs]
        send_json({"runs": ids, "settings": side.settings, "scores": side.scores})
    else:
        columns = _columns(entries, wanted.over or ("seeds" if wanted.against else ""))
        for table in _tables(store, settings, entries, side, columns, wanted):
            _write(table, columns, wanted, console)
        if wanted.plot:
            series = {run.id: store.series(run.id) for run in runs}
            drawn = [*overlaid(columns, series), *by_size(entries, intervals=True)]
            if wanted.to.picture is None:
                charts.show(drawn, console)
            else:
                what = counted(len(drawn), "plot")
                writing.write_picture(partial(figure, drawn), wanted.to.picture, what)


def _tables(
    store: Store,
    settings: Settings,
    entries: Sequence[Entry],
    side: Comparison,
    columns: Sequence[Peers],
    wanted: Wanted,
) -> list[Table]:
    """The runs side by side, and with a baseline the differences: in a file these alone."""
    if not wanted.against:
        return [figures(side, columns, wanted.every)]
    answered = Answered(lambda run: directory(settings, run).path)
    against = _against(store, entries, wanted, answered)
    if wanted.to.format != "table":
        return [against]
    ahead = Ahead({entry.run.id: entry.scores for entry in entries}, answered)
    return [figures(side, columns, wanted.every, ahead), against]


def _against(store: Store, entries: Sequence[Entry], wanted: Wanted, answered: Answered) -> Table:
    """Raises UsageError where the baseline is not among the runs, or nothing compares with it."""
    run, over = store.resolve(wanted.against), seeds_of(wanted.over or "seeds")
    scores = {entry.run.id: entry.scores for entry in entries}
    if run.id not in scores:
        raise UsageError(
            f"The baseline {run.id} is not among the runs.", "Give its id with the others."
        )
    columns = peers(entries, over)
    made = differences(columns, scores, run.id, over, answered)
    if not made.sections:
        raise nothing_compares(columns, scores, run.id)
    return made


def _columns(entries: Sequence[Entry], over: str) -> tuple[Peers, ...]:
    if not over:
        return each_alone([entry.run for entry in entries])
    return peers(entries, seeds_of(over))


def _write(table: Table, columns: Sequence[Peers], wanted: Wanted, console: Console) -> None:
    if wanted.to.format == "table":
        printing.show(table, console)
    elif wanted.to.format == "json" and wanted.to.output is None:
        named = [{"label": column.label, "runs": column.ids} for column in columns]
        send_json({"columns": named, "rows": objects(table)})
    else:
        text = FORMATS[writing.key_of(wanted.to.format, wanted.to.raw)](table)
        writing.write(text, wanted.to.output, counted(len(list(table.lines())), "row"))
