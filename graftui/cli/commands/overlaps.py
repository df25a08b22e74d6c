"""What `skill diff --matrix` prints. The files are read by the engine, which is asked."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from engine.contract.questions.skills import DiffSkills
from graftui.cli import writing
from graftui.cli.commands.output import send_json
from graftui.cli.writing import Target
from graftui.errors import UsageError
from graftui.results.export.cells import FORMATS, objects
from graftui.results.figures import counted
from graftui.results.overlaps import Measure, overlap
from graftui.scheduler.questions import ask
from graftui.settings import Settings
from graftui.show import cells
from graftui.show.press.matrices import of_table
from graftui.terminal import Console


def matrix(
    settings: Settings, console: Console, paths: Sequence[str], measure: str, to: Target
) -> None:
    """What skills share as a matrix. Raises UsageError for a measure that is none."""
    if measure not in [*Measure]:
        raise UsageError(f"--matrix: {measure!r} is no measure.", f"Give {', '.join(Measure)}.")
    writing.check_place(to.picture or to.output, settings)
    shared = ask(DiffSkills(skills=tuple(paths)), settings)
    labels = [f"{skill.task}  {_short(skill.path)}" for skill in shared.skills]
    table = overlap(shared, labels, Measure(measure))
    if to.picture is not None:
        writing.write_picture(partial(of_table, table), to.picture, "the matrix")
    elif to.format == "table":
        cells.show(table, console)
    elif to.format == "json" and to.output is None:
        send_json({"measure": measure, "rows": objects(table)})
    else:
        text = FORMATS[writing.key_of(to.format, to.raw)](table)
        writing.write(text, to.output, counted(len(labels), "row"))


def _short(path: str) -> str:
    """Run and file, which tell skills apart, in few letters."""
    return f"{Path(path).parent.name}/{Path(path).stem}"
