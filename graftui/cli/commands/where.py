"""What `skill map` prints: where the weights of grafts lie. No engine is asked."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from graftui.cli import writing
from graftui.cli.commands.output import send_json
from graftui.cli.writing import Target
from graftui.errors import UsageError
from graftui.results.cells import Table
from graftui.results.export.cells import FORMATS, objects
from graftui.results.figures import counted
from graftui.results.where import By, Measure, by_layer, compared, mapped, table
from graftui.settings import Settings
from graftui.show import cells
from graftui.show.press.matrices import of_table
from graftui.terminal import Console


def show(
    settings: Settings, console: Console, paths: Sequence[str], by: str, of: str, to: Target
) -> None:
    """Of one graft a table, or with `of`, or as a figure, a measure by layer; of several that
    measure of each.

    Raises UsageError for what is none, and where a skill file has no map beside it.
    """
    writing.check_place(to.picture or to.output, settings)
    made = _table(paths, by, of or (Measure.times if to.picture is not None else ""))
    if to.picture is not None:
        writing.write_picture(partial(of_table, made), to.picture, "the map")
    elif to.format == "table":
        cells.show(made, console)
    elif to.format == "json" and to.output is None:
        send_json({"rows": objects(made)})
    else:
        text = FORMATS[writing.key_of(to.format, to.raw)](made)
        writing.write(text, to.output, counted(len(list(made.lines())), "row"))


def _table(paths: Sequence[str], by: str, of: str) -> Table:
    if by not in [*By]:
        raise UsageError(f"--by: there are no parts by {by!r}.", f"Give {', '.join(By)}.")
    if of and of not in [*Measure]:
        raise UsageError(f"--of: {of!r} is no measure.", f"Give {', '.join(Measure)}.")
    skills = [mapped(Path(path)) for path in paths]
    if len(skills) > 1:
        return compared(skills, By(by), Measure(of or Measure.times))
    return by_layer(skills[0], Measure(of)) if of else table(skills[0], By(by))
