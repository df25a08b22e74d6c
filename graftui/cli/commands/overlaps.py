"""What `skill diff --matrix` prints. The files are read by the engine, which is asked."""

from collections.abc import Sequence

from engine.contract.questions.skills import DiffSkills
from graftui.cli.commands.output import send_json
from graftui.errors import UsageError
from graftui.results.export.cells import objects
from graftui.results.overlaps import Measure, overlap
from graftui.scheduler.questions import ask
from graftui.settings import Settings
from graftui.show import cells
from graftui.terminal import Console


def matrix(
    settings: Settings, console: Console, paths: Sequence[str], measure: str, json: bool
) -> None:
    """What skills share as a matrix. Raises UsageError for a measure that is none."""
    if measure not in [*Measure]:
        raise UsageError(f"--matrix: {measure!r} is no measure.", f"Give {', '.join(Measure)}.")
    shared = ask(DiffSkills(skills=tuple(paths)), settings)
    labels = [f"{skill.task}  {skill.path}" for skill in shared.skills]
    table = overlap(shared, labels, Measure(measure))
    if json:
        send_json({"measure": measure, "rows": objects(table)})
        return
    cells.show(table, console)
