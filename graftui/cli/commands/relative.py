"""What `rel` prints: the gain of each skill on each task."""

from collections.abc import Sequence
from functools import partial

from graftui.cli import writing
from graftui.cli.commands.choosing import chosen
from graftui.cli.commands.output import send_json
from graftui.cli.writing import Target
from graftui.registry.store import Store
from graftui.results.answered import Answered
from graftui.results.export.cells import FORMATS
from graftui.results.figures import counted
from graftui.results.relative import known, relative
from graftui.results.relative_tables import plain, table
from graftui.scheduler.settle import directory
from graftui.settings import Settings
from graftui.show import cells
from graftui.show.press.matrices import of_table
from graftui.terminal import Console


def show(
    settings: Settings,
    store: Store,
    refs: Sequence[str],
    filters: Sequence[str],
    to: Target,
    console: Console,
) -> None:
    """The matrix of the runs that are meant. Raises UsageError where it cannot be made."""
    answered = None if to.picture else Answered(lambda run: directory(settings, run).path)
    matrix = relative(known(store, chosen(settings, store, refs, filters), answered))
    made = table(matrix)
    if to.picture is not None:
        writing.write_picture(partial(of_table, made), to.picture, "the matrix")
    elif to.format == "table":
        cells.show(made, console)
    elif to.format == "json" and to.output is None:
        send_json(plain(matrix))
    else:
        text = FORMATS[writing.key_of(to.format, to.raw)](made)
        writing.write(text, to.output, counted(len(matrix.skills), "row"))
