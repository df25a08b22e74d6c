"""What the control runs of a card answered: groups of answers of their test set and of dev."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graftui import kinds
from graftui.errors import UsageError
from graftui.models import Run
from graftui.results.answers import Answers, answers_of
from graftui.results.evidence.card import Figure, Unit
from graftui.results.pair_statements import RIGHT_OR_WRONG
from graftui.results.statistics.bootstrap import Measure, Rows, Times, Values, interval
from graftui.results.statistics.intervals import Interval, unseen
from graftui.results.statistics.joining import Joined, side
from graftui.results.statistics.measures import METRICS, SIDE, Metric

TEST, DEV = "test", "dev"


@dataclass(frozen=True, slots=True)
class Tested:
    """A finished run with what it answered."""

    run: Run
    groups: tuple[Answers, ...]

    def of(self, stage: str, split: str = TEST) -> list[Answers]:
        """The groups of a stage, in the order in which they were scored."""
        return [g for g in self.groups if g.stage == stage and g.split == split]

    def only(self, stage: str) -> Answers:
        """The one group of a stage on the test set. Raises UsageError where it is not there."""
        groups = self.of(stage)
        if len(groups) != 1:
            raise UsageError(
                f"Run {self.run.id} has left no answers of its stage {stage}.",
                f"`graftui rerun {self.run.id}` makes them anew.",
            )
        return groups[0]

    def result(self, split: str = TEST) -> Answers | None:
        """Of the weights that are the run's result."""
        for stage in kinds.shown(self.run.kind).result:
            if groups := self.of(stage, split):
                return groups[0]
        return None


def tested(run: Run, folder: Path) -> Tested:
    """Raises UsageError where its answers cannot be read."""
    return Tested(run, tuple(g for g in answers_of(folder) if g.split in (TEST, DEV)))


def score(answers: Answers, metric: str) -> float:
    """Of one side alone."""
    return METRICS[metric].of(side(answers.rows, bool(answers.classes)))


def scored(answers: Answers, metric: str, name: str) -> Figure:
    """A score with its bootstrap interval over rows; of rows that are all right, or all wrong, the
    exact one.
    """
    chosen = METRICS[metric]
    rows = side(answers.rows, bool(answers.classes))
    value = chosen.of(rows)
    bounds = interval([rows[:, chosen.columns]], chosen.value)
    if metric == RIGHT_OR_WRONG:
        bounds = of_share(value, bounds, len(rows))
    return figure(name, value, bounds, f"{len(rows):,} rows")


def of_share(value: float, bounds: Interval | None, rows: int) -> Interval | None:
    """`bounds` of a share of the rows; where all rows were alike, the exact ones."""
    if bounds is None or bounds.low < bounds.high:
        return bounds
    return Interval(max(0.0, value - unseen(rows)), min(1.0, value + unseen(rows)))


def recovered(pair: Joined, metric: str) -> Figure:
    """Ours / theirs of the task's metric, both resampled by the same rows (paper, table 1)."""
    chosen = METRICS[metric]
    columns = (*chosen.columns, *(SIDE + column for column in chosen.columns))
    ratio = _ratio(chosen)
    rows = pair.rows[:, columns]
    whole = chosen.of(pair.theirs)
    value = chosen.of(pair.ours) / whole if whole > 0 else float("nan")
    bounds = interval([rows], ratio)
    if metric == RIGHT_OR_WRONG and bounds and bounds.low == bounds.high:
        # No row tells them apart; of rows that nobody saw such a share may.
        reach = unseen(len(rows)) / whole
        bounds = Interval(max(0.0, value - reach), value + reach)
    return figure("recovery", value, bounds, f"{len(rows):,} rows")


def _ratio(chosen: Metric) -> Measure:
    count = len(chosen.columns)

    def ratio(rows: Rows, times: Times) -> Values:
        part, whole = (chosen.value(own, times) for own in (rows[:, :count], rows[:, count:]))
        import numpy as np

        return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)

    return ratio


def figure(
    name: str, value: float, bounds: object = None, n: str = "", unit: Unit = Unit.share
) -> Figure:
    """`bounds`: an interval, or None."""
    low, high = getattr(bounds, "low", None), getattr(bounds, "high", None)
    return Figure(name, value, unit, low, high, n)


def ids(runs: Sequence[Tested]) -> tuple[str, ...]:
    """Of the runs, each once."""
    return tuple(dict.fromkeys(each.run.id for each in runs))
