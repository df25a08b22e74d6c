"""What two regions share against chance, with both nulls. Pure functions of counts.

    jaccard     |i and j| / |i or j|
    directed    |i and j| / |j|
    uniform     j drawn at random among all P maskable weights: |i and j| is hypergeometric,
                mean |i| |j| / P
    by tensor   j drawn at random within each tensor t, of which it keeps its count |j_t|: a sum of
                independent hypergeometric counts, mean = sum_t |i_t| |j_t| / P_t. The stricter of
                the two: that both regions like the same tensors explains nothing any more
    tail        P(X >= what they share)

The tail by tensor is exact (the convolution of the tensors' distributions) while that is cheap, and
else normal with the exact mean and variance and a continuity correction; `Null.exact` says which.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Counts = Sequence[int]
_MOST_PRODUCTS = 1 << 26
"""Multiplications that an exact convolution may take: a tenth of a second."""

_LEAST = 1e-300
"""A probability below this counts as none."""


@dataclass(frozen=True, slots=True)
class Null:
    """What chance would make two regions share."""

    expected: float
    """On average."""
    std: float
    tail: float
    """P(as much as they share, or more)."""
    exact: bool = True
    """Whether `tail` is; else it is that of a normal distribution."""

    def times(self, shared: int) -> float:
        """How many times as much as expected they share; nan where nothing is expected."""
        return shared / self.expected if self.expected else float("nan")


def jaccard(first: int, second: int, shared: int) -> float:
    """Of regions of these sizes; 0 of two empty ones."""
    either = first + second - shared
    return shared / either if either else 0.0


def directed(shared: int, second: int) -> float:
    """How much of the second region the first has; 0 of an empty one."""
    return shared / second if second else 0.0


def uniform(shared: int, first: int, second: int, maskable: int) -> Null:
    """Regions of `first` and `second` weights among `maskable`. Raises ValueError for more weights
    than there are.
    """
    return by_tensor(shared, [first], [second], [maskable])


def by_tensor(shared: int, first: Counts, second: Counts, sizes: Counts) -> Null:
    """Regions with these counts in tensors of these sizes, all (T,); `shared` over all tensors.

    Raises ValueError for a count above its tensor's size, or below 0.
    """
    i, j, size = (np.asarray(counts, dtype=np.int64) for counts in (first, second, sizes))
    if not (len(i) == len(j) == len(size)) or (np.minimum(i, j) < 0).any():
        raise ValueError("a count of at least 0 is needed of each tensor")
    if (np.maximum(i, j) > size).any():
        raise ValueError("a region has more weights than a tensor")
    held = np.minimum(i, j) > 0
    i, j, size = i[held], j[held], size[held]
    expected, variance = moments(i, j, size)
    mean, std = float(expected.sum()), float(np.sqrt(variance.sum()))
    exact = _products(np.minimum(i, j)) <= _MOST_PRODUCTS
    tail = _exact_tail(shared, i, j, size) if exact else _normal_tail(shared, mean, std)
    return Null(mean, std, tail, exact)


def moments(
    first: npt.NDArray[np.int64], second: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean and variance of each hypergeometric count, (T,) each:
    K n / N and n (K/N) (1 - K/N) (N - n) / (N - 1).
    """
    i, j, size = (counts.astype(np.float64) for counts in (first, second, sizes))
    mean = i * j / size
    return mean, mean * (1 - i / size) * (size - j) / np.maximum(size - 1, 1)


def _products(most: npt.NDArray[np.int64]) -> float:
    """What convolving counts from 0 to `most` (T,) takes; one tensor takes none."""
    if len(most) < 2:
        return 0.0
    before = 1.0 + np.cumsum(most.astype(np.float64))[:-1]
    return float((before * (1.0 + most[1:])).sum())


def _exact_tail(
    shared: int,
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.int64],
) -> float:
    """All terms are positive, so that a small tail is as exact as a large one."""
    from scipy import stats

    if len(sizes) == 0:
        return float(shared <= 0)
    if len(sizes) == 1:
        return float(stats.hypergeom.sf(shared - 1, sizes[0], first[0], second[0]))
    whole = np.ones(1)
    for i, j, size in zip(first.tolist(), second.tolist(), sizes.tolist(), strict=True):
        whole = np.convolve(whole, _masses(i, j, size))
        whole[whole < _LEAST] = 0.0  # such numbers take a hundred times as long as others
    return min(1.0, float(whole[max(0, shared) :].sum()))


def _masses(first: int, second: int, size: int) -> npt.NDArray[np.float64]:
    """P(0), P(1), ... of a hypergeometric count, (min + 1,), by the ratio of neighbours

        P(k + 1) / P(k) = (first - k) (second - k) / ((k + 1) (size - first - second + k + 1)),

    as scipy's takes half a second for the tensors of a small model.
    """
    least, most = max(0, first + second - size), min(first, second)
    k = np.arange(least, most, dtype=np.float64)
    ratios = (first - k) * (second - k) / ((k + 1) * (size - first - second + k + 1))
    logs = np.concatenate([[0.0], np.cumsum(np.log(ratios))])
    masses = np.exp(logs - logs.max())
    return np.concatenate([np.zeros(least), masses / masses.sum()])


def _normal_tail(shared: int, mean: float, std: float) -> float:
    from scipy import stats

    if std == 0:
        return float(shared <= mean)
    return float(stats.norm.sf((shared - 0.5 - mean) / std))
