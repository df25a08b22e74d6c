"""The bootstrap of answers: seeds are drawn, then rows within them; the percentile interval.

    a resample    of S seeds draw S with replacement; within each of them, of its n rows draw n;
                  the value is the mean over the drawn seeds
                  (Saravanan, Berman and Sober 2020, the hierarchical bootstrap)
    shared rows   where all seeds answered the same rows, these are drawn once a resample, for all
                  seeds alike: rows and seeds are crossed then, and rows drawn anew in each seed
                  would hide what they have in common (Owen 2007, the pigeonhole bootstrap)
    interval      the (1 - level) / 2 and (1 + level) / 2 quantiles of the resamples

scipy.stats.bootstrap draws of one level alone: of one seed it is the same, which a test holds, and
of several it has no seeds above the rows. What is drawn is how often each *kind* of row comes up, a
multinomial over rows that are alike: exact, and a right or wrong answer has four kinds of rows.
Three seeds give an interval that is too narrow: with so few, only 10 different draws of them exist.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graftui.results.statistics.intervals import LEVEL, Interval

Values = npt.NDArray[np.float64]
Rows = npt.NDArray[np.float64]
"""(n, c): what is known of each row."""
Times = npt.NDArray[np.float64]
"""(R, n): how often each row is drawn, a line a resample."""
Measure = Callable[[Rows, Times], Values]
"""(n, c) and (R, n) -> (R,): a figure of each of R samples of the rows."""

RESAMPLES = 9999
SEED = 0
_AT_ONCE = 1 << 21
"""Counts that are in memory at once."""


def average(rows: Rows, times: Times) -> Values:
    """The mean of the first column. (n, c) and (R, n) -> (R,)."""
    return _values(times @ rows[:, 0] / times.sum(1))


def interval(
    by_seed: Sequence[Rows],
    measure: Measure = average,
    shared: bool = False,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Interval | None:
    """Of the mean of `measure` over seeds, of each of which `by_seed` has rows (n, c).

    `shared`: row k is the same in each seed. None where a seed has no rows, or where the measure is
    undefined (nan) for more than a tenth of the resamples. The same bits for the same `seed`.
    """
    values = resampled(by_seed, measure, shared, resamples, seed)
    known = values[np.isfinite(values)]
    if len(known) < 0.9 * max(1, len(values)):
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level)


def interval_of_means(
    by_seed: Sequence[npt.ArrayLike], shared: bool = False, level: float = LEVEL
) -> Interval | None:
    """`interval` of plain numbers, one a row: of a difference in accuracy -1, 0 or 1."""
    rows = [np.asarray(values, dtype=np.float64).reshape(-1, 1) for values in by_seed]
    return interval(rows, shared=shared, level=level)


def resampled(
    by_seed: Sequence[Rows],
    measure: Measure = average,
    shared: bool = False,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Values:
    """The value of each resample, (resamples,); empty where a seed has no rows.

    Raises ValueError where rows are said to be shared, and are not as many in each seed.
    """
    if not by_seed or not all(len(rows) for rows in by_seed):
        return np.empty(0)
    generator = np.random.default_rng(seed)
    chosen = generator.integers(len(by_seed), size=(resamples, len(by_seed)))  # (R, S)
    if not shared:
        return _nested(list(map(_alike, by_seed)), measure, chosen, generator)
    if len({len(rows) for rows in by_seed}) > 1:
        raise ValueError("rows that seeds share are as many in each of them")
    return _crossed(by_seed, measure, chosen, generator)


@dataclass(frozen=True, slots=True)
class _Kinds:
    """Rows of which each comes once."""

    rows: Rows
    counts: npt.NDArray[np.int64]
    """How often each is there."""

    def draws(self, number: int, generator: np.random.Generator) -> Iterator[Times]:
        """`number` samples of as many rows as there are, in pieces."""
        n = int(self.counts.sum())
        step = max(1, _AT_ONCE // len(self.counts))
        for first in range(0, number, step):
            size = min(step, number - first)
            yield generator.multinomial(n, self.counts / n, size).astype(np.float64)


def _alike(rows: Rows) -> _Kinds:
    return _Kinds(*np.unique(rows, axis=0, return_counts=True))


def _nested(
    kinds: Sequence[_Kinds],
    measure: Measure,
    chosen: npt.NDArray[np.int64],
    generator: np.random.Generator,
) -> Values:
    """Rows are drawn anew for each drawn seed."""
    values = np.zeros(chosen.shape)  # (R, S)
    for number, own in enumerate(kinds):
        at = chosen == number
        draws = own.draws(int(at.sum()), generator)
        parts = [measure(own.rows, times) for times in draws]
        values[at] = np.concatenate(parts) if parts else 0.0
    return _values(values.mean(1))


def _crossed(
    by_seed: Sequence[Rows],
    measure: Measure,
    chosen: npt.NDArray[np.int64],
    generator: np.random.Generator,
) -> Values:
    """One draw of rows for all drawn seeds."""
    each = of_each(by_seed, measure, len(chosen), generator)
    return _values(np.take_along_axis(each, chosen, 1).mean(1))


def of_each(
    models: Sequence[Rows], measure: Measure, resamples: int, generator: np.random.Generator
) -> Values:
    """The `measure` of each of M models on samples of the rows (n, c) that all of them have, the
    same samples for all: (resamples, M).
    """
    kinds = _alike(np.hstack(models))
    columns = np.split(kinds.rows, len(models), axis=1)  # M of (m, c)
    parts = [
        np.stack([measure(own, times) for own in columns], axis=1)
        for times in kinds.draws(resamples, generator)
    ]
    return _values(np.concatenate(parts))


def _values(values: npt.ArrayLike) -> Values:
    return np.asarray(values, dtype=np.float64)
