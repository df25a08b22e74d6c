"""An interval as a value, and that of a mean over seeds.

t interval    mean ± t(n - 1, (1 + level) / 2) * s / sqrt(n)      (scipy.stats.t)
unseen        1 - ((1 - level) / 2)^(1/n)                         (Clopper and Pearson 1934)
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95
"""How often an interval covers what it is of, if its assumptions hold."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Two ends, both in it."""

    low: float
    high: float
    level: float = LEVEL

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    @property
    def half(self) -> float:
        """Half its width: what stands behind ±, if it is symmetric."""
        return (self.high - self.low) / 2


def half_of(std: float, n: int, level: float = LEVEL) -> float:
    """Half the t interval of a mean of `n` values, 2 or more, with this standard deviation."""
    from scipy import stats

    return float(stats.t.ppf((1 + level) / 2, n - 1) * std / n**0.5)


def mean_interval(values: Sequence[float], level: float = LEVEL) -> Interval | None:
    """The t interval of the mean of `values`, a value a seed, drawn from what is about normal.

    None of fewer than two, or where one is not finite. It widens fast as seeds get few: of two
    its half is 9.0 standard deviations, of three 2.5, of five 1.2.
    """
    if len(values) < 2 or not np.isfinite(values).all():
        return None
    mean, half = statistics.fmean(values), half_of(statistics.stdev(values), len(values), level)
    return Interval(mean - half, mean + half, level)


def unseen(n: int, level: float = LEVEL) -> float:
    """How large a share may be of which none of `n` rows was: the exact upper end of its interval.

    A bootstrap of rows that are all alike draws these alone, and would know it to be 0.
    """
    return float(1 - ((1 - level) / 2) ** (1 / n))
