"""What skills share as a matrix: row i, column j, by one of three measures.

    jaccard   |i and j| / |i or j|
    directed  |i and j| / |j|           how much of j's weights i has too
    chance    |i and j| / (|i||j| / P)  times what two regions drawn at random would share

P is the number of maskable weights. The masks are the engine's, which is asked (skill.diff).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.contract.questions.skills import SkillsShared
from graftui.models import Run
from graftui.results.cells import Cell, Row, Section, Table
from graftui.results.figures import asked, figure, subject
from graftui.results.heat import LEVELS
from graftui.scheduler.settle import directory
from graftui.scheduler.skill_files import skill_files
from graftui.settings import Settings


class Measure(StrEnum):
    """What stands in the cells."""

    jaccard = "jaccard"
    directed = "directed"
    chance = "chance"


_SAID = {
    Measure.jaccard: "Jaccard: weights in both / weights in either",
    Measure.directed: "directed: weights in both / weights of the column's skill",
    Measure.chance: "against chance: weights in both / those that two random regions would share",
}


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill file, and what it is called."""

    label: str
    path: str


def skills_of(settings: Settings, runs: Sequence[Run]) -> list[Skill]:
    """Those that `runs` have made, of a curve one a sparsity; what is alike side by side."""
    made = []
    named = [(subject(run), str(run.config.get("task", {}).get("name", "")), run) for run in runs]
    for makes, task, run in sorted(named, key=lambda each: (*each[:2], each[2].created_at)):
        files = skill_files(run, directory(settings, run))
        for sparsity, path in files.items():
            at = f" at {asked(sparsity)}" if len(files) > 1 else ""
            made.append(Skill(f"{run.id}  {makes}, {task}{at}", str(path)))
    return made


def overlap(shared: SkillsShared, labels: Sequence[str], measure: Measure) -> Table:
    """The matrix of `shared`, whose skills are called `labels`."""
    count = len(shared.skills)
    both = {(n, n): skill.weights for n, skill in enumerate(shared.skills)}
    chance = {(n, n): skill.weights * skill.share / 100 for n, skill in enumerate(shared.skills)}
    for pair in shared.pairs:
        both[pair.first, pair.second] = both[pair.second, pair.first] = pair.overlap
        chance[pair.first, pair.second] = chance[pair.second, pair.first] = pair.expected
    sizes = [skill.weights for skill in shared.skills]

    def value(i: int, j: int) -> float:
        common = both[i, j]
        whole = {
            Measure.jaccard: sizes[i] + sizes[j] - common,
            Measure.directed: sizes[j],
            Measure.chance: chance[i, j],
        }[measure]
        return common / whole if whole else 0.0

    values = [[value(i, j) for j in range(count)] for i in range(count)]
    most = max((v for i, row in enumerate(values) for j, v in enumerate(row) if i != j), default=1)
    rows = [
        Row(
            f"{i + 1:>{len(str(count))}}  {label}",
            (*(_cell(v, measure, most) for v in values[i]),
             Cell(figure("weights", sizes[i]), sizes[i])),
        )
        for i, label in enumerate(labels)
    ]  # fmt: skip
    heads = (*(str(n + 1) for n in range(count)), "weights")
    return Table(heads, (Section("", tuple(rows)),), "row i, column j", (_SAID[measure],))


def _cell(value: float, measure: Measure, most: float) -> Cell:
    """`most`: the greatest beside the diagonal, where a skill meets itself."""
    text = f"{value:,.3g}x" if measure is Measure.chance else f"{value:.2f}"
    share = value / most if most else 0.0
    return Cell(text, value, level=min(LEVELS, round(LEVELS * share)))
