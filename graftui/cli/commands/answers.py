"""What `answers` prints: rows that one set of weights loses against another, with what they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graftui.cli import writing
from graftui.cli.commands.output import send_json
from graftui.errors import UsageError
from graftui.models import Run
from graftui.results.answer_pairs import Change, Pairs, pairs_of, question, table
from graftui.results.export.cells import FORMATS, objects
from graftui.results.figures import counted
from graftui.scheduler.questions import ask
from graftui.scheduler.settle import directory
from graftui.settings import Settings
from graftui.show import cells
from graftui.terminal import Console

_SHOWN = ("lost", "gained", "all")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options, as typed."""

    show: str = "lost"
    most: int = 0
    """Rows at most; 0: all."""
    format: writing.Format = "table"
    output: Path | None = None
    raw: bool = False


def show(settings: Settings, runs: Sequence[Run], wanted: Wanted, console: Console) -> None:
    """The rows. Raises UsageError where the runs have no answers to the same rows."""
    if wanted.show not in _SHOWN:
        raise UsageError(f"--show: {wanted.show!r} is none.", f"Give {', '.join(_SHOWN)}.")
    pairs = pairs_of([(run, directory(settings, run).path) for run in runs])
    change = None if wanted.show == "all" else Change(wanted.show)
    rows = [row.id for row in pairs.rows if change in (None, row.change)]
    texts = _texts(settings, runs[0], pairs, rows[: wanted.most or None], console)
    made = table(pairs, texts, change, wanted.most)
    if wanted.format == "table":
        cells.show(made, console)
    elif wanted.format == "json" and wanted.output is None:
        send_json({"task": pairs.task, "split": pairs.split, "rows": objects(made)})
    else:
        text = FORMATS[writing.key_of(wanted.format, wanted.raw)](made)
        writing.write(text, wanted.output, counted(len(list(made.lines())), "row"))


def _texts(
    settings: Settings, run: Run, pairs: Pairs, ids: Sequence[str], console: Console
) -> dict[str, tuple[str, ...]]:
    """What the rows say; nothing where the data is there no more, which is said."""
    if not ids:
        return {}
    try:
        known = ask(question(run, pairs, ids), settings)
    except UsageError as error:
        Console(stderr=True).print(f"rows by their ids alone: {error.message}", style="yellow")
        return {}
    return {row.id: row.texts for row in known.rows}
