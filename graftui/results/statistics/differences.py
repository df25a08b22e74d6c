"""The paired difference of two columns: per seed and per row, with interval, test and counts.

Owns what a difference comes to. Which runs are a pair is graftui.results.paired's to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from graftui.errors import UsageError
from graftui.results.statistics import bootstrap, mcnemar
from graftui.results.statistics.intervals import LEVEL, Interval, mean_interval, unseen
from graftui.results.statistics.joining import Joined, shared
from graftui.results.statistics.mcnemar import Discordant
from graftui.results.statistics.measures import METRICS


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more ours has of a score than theirs, on the rows that both answered."""

    metric: str
    by_seed: tuple[float, ...]
    mean: float
    """Over the seeds."""
    interval: Interval | None
    """By bootstrap over seeds and rows; of an accuracy in which no row differs the exact one."""
    over_seeds: Interval | None
    """The t interval of `by_seed`; None of one seed."""
    discordant: Discordant | None
    """McNemar's test of right and wrong answers; None of a regression."""
    rows: tuple[int, ...]
    """Joined, of each seed."""
    left_out: int
    """Rows that one side has alone, over all seeds."""
    same_rows: bool
    """Whether each seed has the same rows."""

    @property
    def stands_out(self) -> bool:
        """Whether its interval is clear of 0."""
        return self.interval is not None and 0 not in self.interval


def difference(
    pairs: Sequence[Joined], metric: str = "accuracy", level: float = LEVEL
) -> Difference:
    """Ours less theirs of `metric`, a pair a seed. Raises UsageError for a score that answers do
    not hold (see measures.METRICS), and where a pair has no row in common.
    """
    if metric not in METRICS:
        raise UsageError(
            f"{metric} is no score of one side's answers.", f"Known: {', '.join(METRICS)}."
        )
    if not pairs or not all(pair.ids for pair in pairs):
        raise UsageError("They have no row in common.", "Give runs that were tested alike.")
    score, same = METRICS[metric], shared(pairs)
    by_seed = tuple(score.of(pair.ours) - score.of(pair.theirs) for pair in pairs)
    columns, less = score.difference()
    classes = all(pair.classes for pair in pairs)
    interval = bootstrap.interval([pair.rows[:, columns] for pair in pairs], less, same, level)
    if metric == "accuracy" and interval and interval.low == interval.high:
        interval = _exact(interval, min(len(pair.ids) for pair in pairs))
    return Difference(
        metric,
        by_seed,
        fmean(by_seed),
        interval,
        mean_interval(by_seed, level),
        mcnemar.over_seeds([pair.gains for pair in pairs], same) if classes else None,
        tuple(len(pair.ids) for pair in pairs),
        sum(pair.only_ours + pair.only_theirs for pair in pairs),
        same,
    )


def _exact(alike: Interval, rows: int) -> Interval:
    """Of rows that all differ alike, such as not at all: others may (intervals.unseen), by 1 each;
    where one side alone is right in all, by 2.
    """
    reach = unseen(rows, alike.level) * (2 if alike.low else 1)
    return Interval(max(-1.0, alike.low - reach), min(1.0, alike.high + reach), alike.level)


def agreement(pairs: Sequence[Joined], level: float = LEVEL) -> tuple[float, Interval | None]:
    """The share of rows that both sides answer alike, mean over seeds, with its interval."""
    alike = [pair.alike for pair in pairs]
    mean = fmean(float(each.mean()) for each in alike)
    return mean, bootstrap.interval_of_means(alike, shared(pairs), level)
