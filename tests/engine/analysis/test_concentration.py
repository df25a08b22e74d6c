"""Dispersion of a region over rows and columns, against every region there is."""

from itertools import combinations

import numpy as np
import pytest

from engine.analysis.concentration import dispersion, of_matrix


@pytest.mark.parametrize("held", [1, 3, 7])
def test_over_all_regions_it_is_1_on_average(held: int) -> None:
    """Of all ways to choose so many of the 8 weights of a 2 x 4 matrix."""
    each = [of_matrix(np.array(way), (2, 4)) for way in combinations(range(8), held)]
    assert np.mean([rows for rows, _ in each]) == pytest.approx(1)
    assert np.mean([columns for _, columns in each]) == pytest.approx(1)


def test_what_crowds_in_one_row_is_spread_over_columns() -> None:
    rows, columns = of_matrix(np.array([4, 5, 6, 7]), (3, 4))
    assert rows is not None
    assert columns is not None
    assert rows > 2
    assert columns == 0
    counts = np.array([0, 4, 0])
    slow = np.mean([(n - 4 / 3) ** 2 for n in counts]) / (4 / 3 * (2 / 3) * (12 - 4) / 11)
    assert rows == pytest.approx(slow)


def test_nothing_to_tell() -> None:
    assert dispersion(np.array([3]), 5) is None
    assert dispersion(np.array([0, 0]), 5) is None
    assert dispersion(np.array([5, 5]), 5) is None
