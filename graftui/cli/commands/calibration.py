"""What `calibration` prints: a table of all sets of weights, and reliability diagrams."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from graftui.cli import writing
from graftui.cli.commands.output import send_json
from graftui.cli.writing import Target
from graftui.models import Run
from graftui.results.calibration_tables import calibrated, diagrams, objects, table
from graftui.results.export.cells import FORMATS
from graftui.results.figures import counted
from graftui.scheduler.settle import directory
from graftui.settings import Settings
from graftui.show import cells, charts
from graftui.show.press.charts import figure
from graftui.terminal import Console


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options, as typed."""

    bins: int
    mass: bool = False
    split: str = ""
    to: Target = Target()


def show(settings: Settings, runs: Sequence[Run], wanted: Wanted, console: Console) -> None:
    """Of `runs`. Raises UsageError where they have no such answers."""
    folders = [(run, directory(settings, run).path) for run in runs]
    rows = calibrated(folders, wanted.bins, wanted.split)
    made, to = table(rows, wanted.bins), wanted.to
    if to.picture is not None:
        drawn = diagrams(rows, wanted.mass)
        writing.write_picture(partial(figure, drawn), to.picture, counted(len(drawn), "diagram"))
    elif to.format == "table":
        cells.show(made, console)
        charts.show(diagrams(rows, wanted.mass), console)
    elif to.format == "json" and to.output is None:
        send_json({"bins": wanted.bins, "rows": objects(rows)})
    else:
        text = FORMATS[writing.key_of(to.format, to.raw)](made)
        writing.write(text, to.output, counted(len(rows), "row"))
