"""What `rel` prints: the gain of each skill on each task."""

from collections.abc import Sequence
from pathlib import Path

from graftui.cli import writing
from graftui.cli.commands.choosing import chosen
from graftui.cli.commands.output import send_json
from graftui.registry.store import Store
from graftui.results.export.cells import FORMATS
from graftui.results.figures import counted
from graftui.results.relative import known, plain, relative, table
from graftui.settings import Settings
from graftui.show import cells
from graftui.terminal import Console


def show(
    settings: Settings,
    store: Store,
    refs: Sequence[str],
    filters: Sequence[str],
    to: tuple[writing.Format, Path | None, bool],
    console: Console,
) -> None:
    """The matrix of the runs that are meant. Raises UsageError where it cannot be made."""
    form, output, raw = to
    matrix = relative(known(store, chosen(settings, store, refs, filters)))
    if form == "table":
        cells.show(table(matrix), console)
    elif form == "json" and output is None:
        send_json(plain(matrix))
    else:
        text = FORMATS[writing.key_of(form, raw)](table(matrix))
        writing.write(text, output, counted(len(matrix.skills), "row"))
