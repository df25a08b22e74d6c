"""Paired differences against a baseline: of two runs of the same seeds, how much more the one has.

Owns which runs are a pair, which scores of theirs compare, and what the differences come to. What
two tasks or models are scored by does not compare, and is left out.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graftui import kinds
from graftui.measured import Score
from graftui.models import Run
from graftui.results.cells import Cell, Role, Row, Section, Table
from graftui.results.figures import LESS_IS_BETTER, METRICS, NEITHER_IS_BETTER, NOT_KNOWN, SHARES
from graftui.results.over_seeds import SEEDS, Seeds, spread
from graftui.results.peers import Peers

_ORDER = (*METRICS, "spearman", "ece", "loss")


@dataclass(frozen=True, slots=True)
class Paired:
    """What the differences of some pairs come to."""

    mean: float
    std: float | None
    """Sample standard deviation of the differences; None of one pair."""
    n: int

    @property
    def stands_out(self) -> bool:
        """Whether it is more than its own deviation. That is no test."""
        return self.std is not None and abs(self.mean) > self.std


def paired(ours: Sequence[float], theirs: Sequence[float]) -> Paired:
    """Of pairs of values, in the same order, ours less theirs.

    The one place where pairs become a statement: an interval belongs here.
    """
    over = spread([a - b for a, b in zip(ours, theirs, strict=True)])
    return Paired(over.mean, over.std, over.n)


def differences(
    columns: Sequence[Peers],
    scores: Mapping[str, Sequence[Score]],
    baseline: str = "",
    over: Sequence[str] = SEEDS,
) -> Table:
    """A section a score, a row a seed, a column for each of `columns` but the baseline: that which
    has the run `baseline`, else the first. `scores` by run id.
    """
    base = next((column for column in columns if baseline in column.ids), columns[0])
    others = [c for c in columns if c is not base and c.world == base.world]
    known = {run.id: outcome(run, scores.get(run.id, ())) for c in columns for run in c.runs}
    pairs = [_pairs(column, base) for column in others]
    names = sorted({name for values in known.values() for name in values}, key=_order)
    sections = [_section(name, base, pairs, known, over) for name in names]
    notes = [
        f"ours less that of {base.label}, run by run of the same seeds; in percent, if a share"
    ]
    if len(others) < len(columns) - 1:
        apart = (c.label for c in columns if c is not base and c not in others)
        notes.append(f"of another task or model, and left out: {'; '.join(apart)}")
    heads = tuple(column.label for column in others)
    return Table(heads, tuple(s for s in sections if s.rows) if heads else (), notes=tuple(notes))


def outcome(run: Run, scores: Sequence[Score]) -> dict[str, float]:
    """The scores of a run's result on its test set, by name; of a curve each at its size."""
    tested = [score for score in scores if score.split == "test"]
    stages = {score.what for score in tested}
    stage = next((stage for stage in kinds.shown(run.kind).result if stage in stages), None)
    own = [score for score in tested if score.what == stage]
    curve = len(own) > 1
    return {
        f"{name} at {score.sparsity:g}" if curve and score.sparsity is not None else name: value
        for score in own
        for name, value in score.scores.items()
        if name not in NEITHER_IS_BETTER and math.isfinite(value)
    }


def _order(name: str) -> tuple[int, str]:
    what = name.partition(" at ")[0]
    return _ORDER.index(what) if what in _ORDER else len(_ORDER), name


def _pairs(column: Peers, base: Peers) -> list[Run | None]:
    """For each run of `base` that of the same seeds, as far as seeds had a part in both."""
    common = [
        n for n in range(len(base.seeds[0]))
        if all(any(seeds[n] is not None for seeds in side.seeds) for side in (column, base))
    ]  # fmt: skip

    def key(seeds: Seeds) -> Seeds:
        return tuple(seeds[n] for n in common)

    by_seeds = {key(seeds): run for seeds, run in zip(column.seeds, column.runs, strict=True)}
    return [by_seeds.get(key(seeds)) for seeds in base.seeds]


def _section(
    name: str,
    base: Peers,
    pairs: Sequence[Sequence[Run | None]],
    known: Mapping[str, Mapping[str, float]],
    over: Sequence[str],
) -> Section:
    theirs = [known[run.id].get(name) for run in base.runs]
    ours = [[known[run.id].get(name) if run else None for run in of] for of in pairs]
    rows = [
        Row(_seed(base, n, over), tuple(_difference(name, of[n], theirs[n]) for of in ours))
        for n in range(len(base.runs))
        if any(of[n] is not None and theirs[n] is not None for of in ours)
    ]
    made = [_made(of, theirs) for of in ours]
    if rows:
        rows.append(Row("mean ± deviation", tuple(_mean(name, each) for each in made)))
        rows.append(
            Row("pairs", tuple(Cell(f"{p.n}" if p else "0", p.n if p else 0) for p in made))
        )
    return Section(name.replace("_", " "), tuple(rows))


def _made(ours: Sequence[float | None], theirs: Sequence[float | None]) -> Paired | None:
    both = [
        (a, b) for a, b in zip(ours, theirs, strict=True) if a is not None and b is not None
    ]  # fmt: skip
    return paired([a for a, _ in both], [b for _, b in both]) if both else None


def _seed(base: Peers, number: int, over: Sequence[str]) -> str:
    """The seeds of one run, of those in which the runs of the baseline differ."""
    named = [
        f"{path.rpartition('.')[2].replace('_', ' ')} {base.seeds[number][n]}"
        for n, path in enumerate(over)
        if len({seeds[n] for seeds in base.seeds}) > 1
    ]
    return ", ".join(named) or base.runs[number].id


def _difference(name: str, ours: float | None, theirs: float | None) -> Cell:
    if ours is None or theirs is None:
        return Cell(NOT_KNOWN)
    return Cell(_signed(name, ours - theirs), ours - theirs)


def _mean(name: str, pair: Paired | None) -> Cell:
    if pair is None:
        return Cell(NOT_KNOWN)
    text = _signed(name, pair.mean)
    if pair.std is not None:
        text += f" ± {_signed(name, pair.std).lstrip('+')}"
    good = (pair.mean > 0) != (name.partition(" at ")[0] in LESS_IS_BETTER)
    role = Role.better if good else Role.worse
    return Cell(text, pair.mean, role if pair.stands_out else Role.plain)


def _signed(name: str, value: float) -> str:
    share = name.partition(" at ")[0] in SHARES
    return f"{100 * value:+.1f}" if share else f"{value:+.3g}"
