"""What `calibration` prints: a table of all sets of weights, and reliability diagrams."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graftui.cli import writing
from graftui.cli.commands.output import send_json
from graftui.models import Run
from graftui.results.calibration_tables import calibrated, diagrams, objects, table
from graftui.results.export.cells import FORMATS
from graftui.results.figures import counted
from graftui.scheduler.settle import directory
from graftui.settings import Settings
from graftui.show import cells, charts
from graftui.terminal import Console


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options, as typed."""

    bins: int
    mass: bool = False
    split: str = ""
    format: writing.Format = "table"
    output: Path | None = None
    raw: bool = False


def show(settings: Settings, runs: Sequence[Run], wanted: Wanted, console: Console) -> None:
    """Of `runs`. Raises UsageError where they have no such answers."""
    folders = [(run, directory(settings, run).path) for run in runs]
    rows = calibrated(folders, wanted.bins, wanted.split)
    if wanted.format == "table":
        cells.show(table(rows, wanted.bins), console)
        charts.show(diagrams(rows, wanted.mass), console)
    elif wanted.format == "json" and wanted.output is None:
        send_json({"bins": wanted.bins, "rows": objects(rows)})
    else:
        text = FORMATS[writing.key_of(wanted.format, wanted.raw)](table(rows, wanted.bins))
        writing.write(text, wanted.output, counted(len(rows), "row"))
