"""The interval of a share of gains, against drawing rows and seeds one by one."""

import numpy as np
import pytest

from graftui.results.statistics.bootstrap import Rows
from graftui.results.statistics.gains import interval, resampled

ROWS = 120


def side(share: float, seed: int) -> Rows:
    """Rows of two classes, of which such a share is answered right, (n, 4)."""
    right = np.random.default_rng(seed).random(ROWS) < share
    gold = np.arange(ROWS) % 2
    return np.column_stack([gold, np.where(right, gold, 1 - gold), np.ones((ROWS, 2))])


BEFORE, OURS = [side(0.5, 0)] * 3, [side(share, n + 1) for n, share in enumerate((0.7, 0.75, 0.8))]
WHOLE = [side(share, n + 9) for n, share in enumerate((0.85, 0.9, 0.95))]


@pytest.mark.parametrize("paired", [False, True])
def test_the_resamples_are_those_of_drawing_one_by_one(paired: bool) -> None:
    right = [[own[:, 0] == own[:, 1] for own in of] for of in (BEFORE, OURS, WHOLE)]
    dice, slow = np.random.default_rng(3), []
    for _ in range(3000):
        rows, skills = dice.integers(ROWS, size=ROWS), dice.integers(3, size=3)
        models = skills if paired else dice.integers(3, size=3)
        none, ours, whole = (
            np.mean([of[n][rows].mean() for n in drawn])
            for of, drawn in zip(right, (skills, skills, models), strict=True)
        )
        slow.append((ours - none) / (whole - none))
    drawn = resampled(BEFORE, OURS, WHOLE, paired, "accuracy")
    assert drawn.mean() == pytest.approx(np.mean(slow), abs=0.01)
    assert drawn.std() == pytest.approx(np.std(slow), rel=0.08)
    ends = interval(BEFORE, OURS, WHOLE, paired, "accuracy")
    assert ends is not None
    assert (ends.low, ends.high) == pytest.approx(
        tuple(np.quantile(slow, [0.025, 0.975])), abs=0.03
    )
    assert ends == interval(BEFORE, OURS, WHOLE, paired, "accuracy"), "the same bits"


def test_of_nothing_to_gain_and_of_answers_that_are_all_alike_there_is_none() -> None:
    assert interval(BEFORE, OURS, BEFORE, False, "accuracy") is None
    near = [side(0.52, 20)]
    assert interval(BEFORE[:1], OURS[:1], near, False, "accuracy") is None, "it may be no gain"
    assert interval(BEFORE[:1], WHOLE[:1], WHOLE[:1], True, "accuracy") is None, "1, however drawn"


def test_what_is_undefined_is_not_counted() -> None:
    near = [side(0.52, 20)]
    values = resampled(BEFORE[:1], OURS[:1], near, False, "accuracy")
    assert np.isnan(values).any()
    assert np.isfinite(values).any()
