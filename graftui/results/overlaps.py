"""What skills share as a matrix: row i, column j, by one of four measures.

    jaccard   |i and j| / |i or j|
    directed  |i and j| / |j|                       how much of j's weights i has too
    chance    |i and j| / (|i||j| / P)              times what two random regions would share
    tensors   |i and j| / sum_t |i_t||j_t| / P_t    times what regions would share that are random
                                                    but for how many weights each tensor t has

P is the number of maskable weights. The masks are the engine's, which is asked (skill.diff), as are
both tails: engine.analysis.overlap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.contract.questions.skills import SkillPair, SkillsShared
from graftui.models import Run
from graftui.results.cells import Cell, Row, Section, Table
from graftui.results.figures import asked, figure, subject
from graftui.results.heat_tables import shaded
from graftui.results.statistics.many import adjusted
from graftui.scheduler.settle import directory
from graftui.scheduler.skill_files import skill_files
from graftui.settings import Settings


class Measure(StrEnum):
    """What stands in the cells."""

    jaccard = "jaccard"
    directed = "directed"
    chance = "chance"
    tensors = "tensors"

    @property
    def against_chance(self) -> bool:
        """Whether it is a number of times, with a tail."""
        return self in (Measure.chance, Measure.tensors)


_SAID = {
    Measure.jaccard: "Jaccard: weights in both / weights in either",
    Measure.directed: "directed: weights in both / weights of the column's skill",
    Measure.chance: "against chance: weights in both / those that two random regions would share",
    Measure.tensors: "against chance per tensor: weights in both / those that regions would share "
    "that are random but for their number of weights in each tensor",
}

RARE = 0.001
"""Of an adjusted tail: what is as rare as this has a star."""
_STAR = (
    f"* as much or more by chance with p < {RARE:g} (hypergeometric tail, adjusted for all pairs: "
    "Benjamini and Yekutieli)"
)
_NEAR = "the tail of a sum of many tensors is a normal one"


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
    sizes = [skill.weights for skill in shared.skills]
    values, rare = _values(shared, measure), _rare(shared, measure)
    beside = [v for i, row in enumerate(values) for j, v in enumerate(row) if i != j]
    most = max((v for v in beside if v is not None), default=1.0)

    def cell(i: int, j: int) -> Cell:
        star = "*" if (i, j) in rare else ""
        return shaded(values[i][j], lambda value: _text(value, measure) + star, most)

    rows = [
        Row(
            f"{i + 1:>{len(str(len(sizes)))}}  {label}",
            (*(cell(i, j) for j in range(len(sizes))), Cell(figure("weights", size), size)),
        )
        for i, (label, size) in enumerate(zip(labels, sizes, strict=True))
    ]
    heads = (*(str(n + 1) for n in range(len(sizes))), "weights")
    notes = [_SAID[measure], *([_STAR] if measure.against_chance else [])]
    if measure is Measure.tensors and not all(pair.exact for pair in shared.pairs):
        notes.append(_NEAR)
    return Table(heads, (Section("", tuple(rows)),), "row i, column j", tuple(notes))


def _values(shared: SkillsShared, measure: Measure) -> list[list[float | None]]:
    """A line a skill. On the diagonal a skill meets itself, which chance says nothing of."""
    sizes = [skill.weights for skill in shared.skills]
    alone = None if measure.against_chance else 1.0
    values: list[list[float | None]] = [[alone if size else 0.0 for _ in sizes] for size in sizes]
    for pair in shared.pairs:
        i, j = pair.first, pair.second
        values[i][j], values[j][i] = (_value(pair, measure, sizes[of]) for of in (j, i))
    return values


def _value(pair: SkillPair, measure: Measure, columns: int) -> float:
    """`columns`: the size of the column's skill."""
    if measure is Measure.jaccard:
        return pair.jaccard
    whole = {
        Measure.directed: columns,
        Measure.chance: pair.expected,
        Measure.tensors: pair.expected_by_tensor,
    }[measure]
    return pair.overlap / whole if whole else 0.0


def _rare(shared: SkillsShared, measure: Measure) -> set[tuple[int, int]]:
    """The pairs, both ways, that share more than chance would, whatever others do."""
    if not measure.against_chance:
        return set()
    tails = {
        (pair.first, pair.second): pair.p if measure is Measure.chance else pair.p_by_tensor
        for pair in shared.pairs
    }
    of_all = adjusted(list(tails.values()))
    rare = {pair for pair, tail in zip(tails, of_all, strict=True) if tail < RARE}
    return rare | {(j, i) for i, j in rare}


def _text(value: float, measure: Measure) -> str:
    return f"{value:,.3g}x" if measure.against_chance else f"{value:.2f}"
