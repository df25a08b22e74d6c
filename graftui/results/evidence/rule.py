"""When a region is told apart from random ones: the rule that every verdict goes by.

    difference   region less random region, on the same rows, mean over the random regions
    interval     its bootstrap over random regions and rows (results/statistics/bootstrap.py)
    another      0 ± t(k - 1, 0.975) s sqrt(1 + 1/k), s of the k differences: how far one more
                 random region would lie from the mean of these (Student's prediction interval)

Told apart is a region whose interval is clear of 0 and whose difference is outside of `another`.
The first alone would call a random region that happens
to be a good one special: over rows it *is* better than the mean of the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import stdev

from graftui.results.evidence.card import Figure, Unit, Verdict
from graftui.results.evidence.reading import figure
from graftui.results.figures import counted
from graftui.results.statistics.differences import Difference, difference
from graftui.results.statistics.intervals import LEVEL, Interval
from graftui.results.statistics.joining import Joined


@dataclass(frozen=True, slots=True)
class AgainstRandom:
    """A region beside random ones."""

    difference: Difference
    another: Interval

    @property
    def sign(self) -> int:
        """1 or -1 where the region is told apart, as the better or the worse one; 0: it is not."""
        if self.difference.mean in self.another or not self.difference.stands_out:
            return 0
        return 1 if self.difference.mean > 0 else -1

    @property
    def verdict(self) -> Verdict:
        """What follows where it is claimed to be the better one."""
        return {1: Verdict.holds, 0: Verdict.chance, -1: Verdict.fails}[self.sign]

    @property
    def because(self) -> str:
        """What the verdict rests on."""
        if self.another.low == self.another.high:
            return "the random regions all score the same, which says little of one more"
        low, high = (100 * end for end in (self.another.low, self.another.high))
        return f"one more random region would differ by {low:+.1f} to {high:+.1f} points (95 %)"

    def figure(self, name: str) -> Figure:
        """The difference."""
        made = self.difference
        n = f"{counted(len(made.by_seed), 'region')}, {made.rows[0]:,} rows"
        return figure(name, made.mean, made.interval, n, Unit.points)


def against_random(pairs: Sequence[Joined], metric: str) -> AgainstRandom:
    """`pairs`: the region's answers joined with those of each of two random regions or more."""
    made = difference(pairs, metric)
    return AgainstRandom(made, prediction(made.by_seed))


def prediction(values: Sequence[float], level: float = LEVEL) -> Interval:
    """How far from the mean of `values`, two or more that are about normal, one more may lie."""
    from scipy import stats

    k = len(values)
    reach = float(stats.t.ppf((1 + level) / 2, k - 1)) * stdev(values) * (1 + 1 / k) ** 0.5
    return Interval(-reach, reach, level)
