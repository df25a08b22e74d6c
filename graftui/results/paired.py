"""Paired differences against a baseline: of two runs of the same seeds, how much more the one has.

Owns which runs are a pair, and which scores of theirs compare. What two tasks or models are scored
by does not compare, and is left out. What the differences of some pairs come to is said in
graftui.results.pair_statements.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graftui import kinds
from graftui.errors import UsageError
from graftui.measured import Score
from graftui.models import Run
from graftui.results.answered import Answered
from graftui.results.answers import Answers
from graftui.results.cells import Row, Section, Table
from graftui.results.figures import METRICS, NEITHER_IS_BETTER, is_test
from graftui.results.over_seeds import SEEDS, Seeds
from graftui.results.pair_statements import Paired, cells, difference_cell, notes, statement, what
from graftui.results.peers import Peers

_ORDER = (*METRICS, "spearman", "ece", "brier", "loss")
_NAMED = 3
"""Scores that an error names of each column."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A figure of a run's result."""

    value: float
    answers: Answers | None = None
    """What was answered where it was measured; None: it is not known."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same score of two runs of the same seeds."""

    ours: Outcome
    theirs: Outcome


Pairs = Sequence[Pair | None]
"""One for each run of the baseline; None where there is no pair."""


@dataclass(frozen=True, slots=True)
class Against:
    """What is held against what."""

    base: Peers
    others: tuple[Peers, ...]
    apart: tuple[Peers, ...]
    """Of another task or model."""
    known: Mapping[str, Mapping[str, Outcome]] = field(default_factory=dict)
    """Run id -> name of a score -> its figure."""

    @property
    def names(self) -> list[str]:
        """Of all scores, the metrics of tasks first."""
        return sorted({name for of in self.known.values() for name in of}, key=_order)

    def pairs(self, column: Peers, name: str) -> list[Pair | None]:
        """Of a score of `column`, for each run of the baseline."""
        both = zip(partners(column, self.base), self.base.runs, strict=True)
        return [self._pair(name, ours, theirs) for ours, theirs in both]

    def _pair(self, name: str, ours: Run | None, theirs: Run) -> Pair | None:
        if ours is None:
            return None
        first, second = (self.known[run.id].get(name) for run in (ours, theirs))
        return Pair(first, second) if first and second else None


def differences(
    columns: Sequence[Peers],
    scores: Mapping[str, Sequence[Score]],
    baseline: str = "",
    over: Sequence[str] = SEEDS,
    answered: Answered | None = None,
) -> Table:
    """A section a score, a row a seed, a column for each of `columns` but the baseline: that which
    has the run `baseline`, else the first. `scores` by run id. Below the seeds stands what they
    come to: with `answered` its interval, test and rows, which takes a second to import.
    """
    base = next((column for column in columns if baseline in column.ids), columns[0])
    alike = [c for c in columns if c is not base and c.world == base.world]
    apart = tuple(c for c in columns if c is not base and c not in alike)
    runs = [run for column in (base, *alike) for run in column.runs]
    known = {run.id: outcome(run, scores.get(run.id, ()), answered) for run in runs}
    against = Against(base, tuple(alike), apart, known)
    made = {name: [against.pairs(column, name) for column in alike] for name in against.names}
    stated = {
        name: [statement(name, of, answered is not None) for of in pairs]
        for name, pairs in made.items()
    }
    sections = [_section(name, base, made[name], stated[name], over) for name in made]
    heads = tuple(column.label for column in alike)
    more = [*notes(stated), *(answered.problems if answered else ())]
    return Table(
        heads,
        tuple(s for s in sections if s.rows) if heads else (),
        notes=(*_about(against), *more),
    )


def outcome(
    run: Run, scores: Sequence[Score], answered: Answered | None = None
) -> dict[str, Outcome]:
    """The scores of a run's result on its test sets, by name: of which of its models, on which rows
    and at which size stands in it where a run has several.
    """
    tested = [score for score in scores if is_test(score.split)]
    stages = {score.stage for score in tested}
    stage = next((stage for stage in kinds.shown(run.kind).result if stage in stages), None)
    own = [score for score in tested if score.stage == stage]
    curve = len({score.sparsity for score in own}) > 1
    return {
        f"{name}{_where(score, curve)}": Outcome(
            value, answered.of(run, score) if answered else None
        )
        for score in own
        for name, value in score.scores.items()
        if name not in NEITHER_IS_BETTER and math.isfinite(value)
    }


def _where(score: Score, curve: bool) -> str:
    """What stands behind the name of a score; nothing for that of a run's one model."""
    which = f" of {score.what}" if score.what != score.stage else ""
    on = "" if score.split == "test" else f" on {score.split}"
    return f"{which}{on}" + (f" at {score.sparsity:g}" if curve and score.sparsity else "")


def nothing_compares(
    columns: Sequence[Peers], scores: Mapping[str, Sequence[Score]], id: str
) -> UsageError:
    """Why a run and its peers have no difference from any other column, and what does compare."""
    base = next(column for column in columns if id in column.ids)
    others = [column for column in columns if column is not base]
    alike = [column for column in others if column.world == base.world]
    if not others:
        return UsageError(
            f"All of these runs are one column with {id}: they differ in seeds alone.",
            "Give a run with other settings too, or --over a setting that is to count as a seed.",
        )
    if not alike:
        return UsageError(
            f"The other runs are of another task or model than {id}, and no score of theirs "
            "compares.",
            f"Give runs of {' in '.join(map(str, filter(None, base.world)))}; "
            "`graftui rel` holds skills of several tasks against each other.",
        )
    told = [f"{column.label} has {_has(column, scores)}" for column in (base, *alike)]
    return UsageError(
        f"The results of {id} and the other runs have no score in common on rows that both were "
        f"tested on: {'; '.join(told)}.",
        "Give runs that finished and were tested alike.",
    )


def _has(column: Peers, scores: Mapping[str, Sequence[Score]]) -> str:
    """The scores of its results, a few."""
    names = {name for run in column.runs for name in outcome(run, scores.get(run.id, ()))}
    first = sorted(names, key=_order)[:_NAMED]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(first)}{more}" if names else "none"


def _about(against: Against) -> list[str]:
    said = [
        f"ours less that of {against.base.label}, run by run of the same seeds; in percent, if a "
        "share"
    ]
    if against.apart:
        labels = "; ".join(column.label for column in against.apart)
        said.append(f"of another task or model, and left out: {labels}")
    return said


def _order(name: str) -> tuple[int, str]:
    score = what(name)
    return _ORDER.index(score) if score in _ORDER else len(_ORDER), name


def partners(column: Peers, base: Peers) -> list[Run | None]:
    """For each run of `base` that of the same seeds, as far as seeds had a part in both."""
    at = matching(column.seeds, base.seeds)
    return [None if number is None else column.runs[number] for number in at]


def matching(ours: Sequence[Seeds], theirs: Sequence[Seeds]) -> list[int | None]:
    """For each of `theirs`, one or more, which of `ours` has the same seeds, as far as they had a
    part in both; None: none has.
    """
    common = [
        n for n in range(len(theirs[0]))
        if all(seeds[0][n] is not None for seeds in (ours, theirs))
    ]  # fmt: skip
    at = {tuple(seeds[n] for n in common): number for number, seeds in enumerate(ours)}
    return [at.get(tuple(seeds[n] for n in common)) for seeds in theirs]


def _section(
    name: str,
    base: Peers,
    pairs: Sequence[Pairs],
    stated: Sequence[Paired | None],
    over: Sequence[str],
) -> Section:
    rows = [
        Row(_seed(base, n, over), tuple(difference_cell(name, of[n]) for of in pairs))
        for n in range(len(base.runs))
        if any(of[n] for of in pairs)
    ]
    score = what(name)
    title = score.replace("_", " ") + name.removeprefix(score)
    return Section(title, (*rows, *cells(name, stated)) if rows else ())


def _seed(base: Peers, number: int, over: Sequence[str]) -> str:
    """The seeds of one run, of those in which the runs of the baseline differ."""
    named = [
        f"{path.rpartition('.')[2].replace('_', ' ')} {base.seeds[number][n]}"
        for n, path in enumerate(over)
        if len({seeds[n] for seeds in base.seeds}) > 1
    ]
    return ", ".join(named) or base.runs[number].id
