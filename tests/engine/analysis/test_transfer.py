"""Measures of continual learning against the sums written out."""

import pytest

from engine.analysis.transfer import measures

R = [[0.9, 0.4, 0.3], [0.7, 0.8, 0.5], [0.6, 0.85, 0.95]]
BEFORE = [0.5, 0.45, 0.25]


def test_the_measures_are_those_of_their_papers() -> None:
    known = measures(R, BEFORE)
    assert known["average"] == pytest.approx((0.6 + 0.85 + 0.95) / 3)
    assert known["backward"] == pytest.approx(((0.6 - 0.9) + (0.85 - 0.8)) / 2)
    assert known["forward"] == pytest.approx(((0.4 - 0.45) + (0.5 - 0.25)) / 2)
    assert known["forgetting"] == pytest.approx(((0.9 - 0.6) + (0.8 - 0.85)) / 2)


def test_what_was_better_in_between_is_forgotten_too() -> None:
    known = measures([[0.5, 0, 0], [0.9, 0.6, 0], [0.7, 0.6, 0.8]], [0, 0, 0])
    assert known["forgetting"] == pytest.approx(((0.9 - 0.7) + 0) / 2)
    assert known["backward"] == pytest.approx(0.2 / 2)


def test_one_task_has_an_average_alone() -> None:
    assert measures([[0.7]], [0.5]) == {"average": 0.7}
