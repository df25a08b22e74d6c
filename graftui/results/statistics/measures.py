"""The scores of tasks over samples of rows, from answers: what a bootstrap recomputes.

Rows of one side are (n, 4): gold, prediction, the probability of gold, and that of the prediction,
which is the highest; of a regression gold and prediction as fractions, the rest nan. As
engine.tasks.metrics computes them: f1 of the second class, matthews (Gorodkin 2004), pearson, ece
(l1 over 15 bins of equal width, Guo et al. 2017), loss in nats. `times` (R, n): how often each row
is drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from graftui.results.statistics.bootstrap import Measure, Rows, Times, Values

SIDE = 4
"""Columns of one side's rows."""
BINS = 15


@dataclass(frozen=True, slots=True)
class Metric:
    """A score, and the columns of a side that it looks at: fewer make more rows alike."""

    columns: tuple[int, ...]
    value: Callable[[Rows, Times], Values]
    """Of those columns."""

    def of(self, rows: Rows) -> float:
        """The score on all `rows` (n, 4), each once."""
        return float(self.value(rows[:, self.columns], np.ones((1, len(rows))))[0])

    def difference(self) -> tuple[tuple[int, ...], Measure]:
        """Columns of joined rows (n, 8), and of these ours less theirs."""
        count = len(self.columns)

        def less(rows: Rows, times: Times) -> Values:
            return self.value(rows[:, :count], times) - self.value(rows[:, count:], times)

        return (*self.columns, *(SIDE + column for column in self.columns)), less


def _accuracy(rows: Rows, times: Times) -> Values:
    return np.asarray(times @ (rows[:, 0] == rows[:, 1]) / times.sum(1), dtype=np.float64)


def _f1(rows: Rows, times: Times) -> Values:
    gold, said = rows[:, 0] == 1, rows[:, 1] == 1
    return _over(2 * (times @ (gold & said)), times @ gold.astype(float) + times @ said)


def _matthews(rows: Rows, times: Times) -> Values:
    classes = np.unique(rows[:, :2])
    gold, said = (times @ (rows[:, [n]] == classes) for n in (0, 1))  # (R, C)
    right, whole = times @ (rows[:, 0] == rows[:, 1]), times.sum(1)
    spread = (whole**2 - (said**2).sum(1)) * (whole**2 - (gold**2).sum(1))
    return _over(right * whole - (said * gold).sum(1), np.sqrt(spread))


def _pearson(rows: Rows, times: Times) -> Values:
    share = times / times.sum(1, keepdims=True)
    gold, said = rows.T - rows.mean(0)[:, None]  # centred: nothing is lost to rounding
    mean, centre = share @ said, share @ gold
    both = share @ (said * gold) - mean * centre
    spread = (share @ said**2 - mean**2) * (share @ gold**2 - centre**2)
    return _over(both, np.sqrt(np.maximum(spread, 0)))


def _loss(rows: Rows, times: Times) -> Values:
    with np.errstate(divide="ignore"):
        lost = -np.log(rows[:, 0])
    return np.asarray(times @ lost / times.sum(1), dtype=np.float64)


def _ece(rows: Rows, times: Times) -> Values:
    right, sure = rows[:, 0] == rows[:, 1], rows[:, 2]
    bins = np.searchsorted(np.linspace(0, 1, BINS + 1), sure, side="right")
    gaps = (right - sure)[:, None] * (bins[:, None] == np.unique(bins))  # (n, bins)
    return np.asarray(np.abs(times @ gaps).sum(1) / times.sum(1), dtype=np.float64)


def _over(part: Values, whole: Values) -> Values:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


METRICS: dict[str, Metric] = {
    "accuracy": Metric((0, 1), _accuracy),
    "f1": Metric((0, 1), _f1),
    "matthews": Metric((0, 1), _matthews),
    "pearson": Metric((0, 1), _pearson),
    "loss": Metric((2,), _loss),
    "ece": Metric((0, 1, 3), _ece),
}
"""By the name of the score. Others, such as agreement, are no figure of one side alone."""
