"""How a region crowds in rows or columns of a matrix, against chance. Pure functions of counts.

    dispersion = mean_r (n_r - n / R)^2 / Var(n_r)
    Var(n_r)   = n (1 / R) (1 - 1 / R) (N - n) / (N - 1)

with n_r of the region's n weights in row r of R, N weights in all. That is the index of dispersion
(Fisher's: Pearson's chi-squared over its degrees of freedom), with the variance of weights drawn
without replacement: 1 on average where the n weights lie at random, more where they crowd in some
rows, less where they are spread more evenly than chance would.
"""

import numpy as np
import numpy.typing as npt


def of_matrix(
    indices: npt.NDArray[np.int64], shape: tuple[int, int]
) -> tuple[float | None, float | None]:
    """Of the flat `indices` (n,) of a matrix: the dispersion over its rows and over its columns."""
    rows, columns = shape
    in_rows = np.bincount(indices // columns, minlength=rows)
    in_columns = np.bincount(indices % columns, minlength=columns)
    return dispersion(in_rows, columns), dispersion(in_columns, rows)


def dispersion(counts: npt.NDArray[np.int64], size: int) -> float | None:
    """Of `counts` (R,) in rows of `size` weights each. None where there is nothing to tell: one
    row, no weight, or all of them.
    """
    rows, held = len(counts), int(counts.sum())
    every = rows * size
    if rows < 2 or not 0 < held < every:
        return None
    chance = held * (1 / rows) * (1 - 1 / rows) * (every - held) / (every - 1)
    return float(((counts - held / rows) ** 2).mean() / chance)
