"""The rule of a card: told apart from random, or not; against slow formulas and by simulation."""

from statistics import fmean, variance

import numpy as np
import pytest
from scipy import stats

from graftui.results.answers import Answer, Answers
from graftui.results.evidence.card import Verdict
from graftui.results.evidence.rule import against_random, prediction
from graftui.results.statistics.joining import join

ROWS = 200


def answers(right: np.ndarray) -> Answers:
    """Of two classes; `right` (n,): whether each row is answered so."""
    said = [n % 2 if hit else 1 - n % 2 for n, hit in enumerate(right.tolist())]
    rows = [Answer(f"{n:05d}", n % 2, own, (0.6 - 0.2 * own, 0.4 + 0.2 * own))
            for n, own in enumerate(said)]  # fmt: skip
    return Answers("t", "model", "region", "test", {}, ("a", "b"), None, tuple(rows))


def of_share(share: float, seed: int) -> Answers:
    return answers(np.random.default_rng(seed).random(ROWS) < share)


def verdict(region: float, random: list[float]) -> Verdict:
    own = of_share(region, 0)
    pairs = [join(own, of_share(share, n + 1)) for n, share in enumerate(random)]
    return against_random(pairs, "accuracy").verdict


def test_the_prediction_interval_is_students() -> None:
    values = [0.1, 0.4, 0.2, 0.25]
    reach = stats.t(3).ppf(0.975) * (variance(values) * (1 + 1 / 4)) ** 0.5
    assert prediction(values).high == pytest.approx(reach)
    assert prediction(values).low == pytest.approx(-reach)


def test_one_more_draw_of_the_same_is_within_it_as_often_as_it_says() -> None:
    draw = np.random.default_rng(5)
    inside = 0
    for _ in range(1000):
        *others, one_more = draw.normal(size=5).tolist()
        inside += one_more - fmean(others) in prediction(others)
    assert 0.93 <= inside / 1000 <= 0.97


def test_a_region_is_told_apart_only_where_it_is_no_draw_of_the_same() -> None:
    assert verdict(0.95, [0.5, 0.52, 0.48, 0.5]) is Verdict.holds
    assert verdict(0.5, [0.95, 0.94, 0.96, 0.95]) is Verdict.fails
    assert verdict(0.5, [0.5, 0.5, 0.5, 0.5]) is Verdict.chance


def test_the_best_of_regions_that_differ_much_is_not_called_special() -> None:
    """Over rows it is better than their mean beyond doubt; as a draw of them it is not."""
    own = of_share(0.9, 0)
    pairs = [join(own, of_share(share, n + 1)) for n, share in enumerate([0.5, 0.7, 0.85, 0.6])]
    beside = against_random(pairs, "accuracy")
    assert beside.difference.stands_out
    assert beside.verdict is Verdict.chance
