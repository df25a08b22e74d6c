"""The bootstrap against scipy's of one level, and against drawing rows one by one."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from graftui.results.statistics.bootstrap import interval, interval_of_means, resampled
from graftui.results.statistics.intervals import mean_interval
from graftui.results.statistics.mcnemar import mcnemar, over_seeds

DICE = np.random.default_rng(5)
SEEDS = [DICE.choice([-1.0, 0.0, 1.0], 200, p=[0.2, 0.5, 0.3]) + n / 10 for n in range(4)]
RESAMPLES = 20_000


def column(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64).reshape(-1, 1)


def test_of_one_seed_it_is_scipys() -> None:
    ours = interval([column(SEEDS[0])])
    theirs = stats.bootstrap((SEEDS[0],), np.mean, method="percentile", batch=500, rng=3)
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.01)
    assert ours == interval_of_means([SEEDS[0]]), "and the same bits again"


@pytest.mark.parametrize("shared", [False, True])
def test_seeds_are_drawn_and_rows_within_them(shared: bool) -> None:
    """Mean, deviation and quantiles of the draws are those of drawing row by row."""
    seeds = SEEDS if shared else [of[: 200 - 50 * n] for n, of in enumerate(SEEDS)]
    dice, slow = np.random.default_rng(9), []
    for _ in range(1500):
        rows = dice.integers(200, size=200)
        means = []
        for number in dice.integers(4, size=4):
            own = seeds[number]
            means.append(own[rows if shared else dice.integers(len(own), size=len(own))].mean())
        slow.append(np.mean(means))
    drawn = resampled([column(of) for of in seeds], shared=shared, resamples=RESAMPLES)
    assert drawn.mean() == pytest.approx(np.mean(slow), abs=0.01)
    assert drawn.std() == pytest.approx(np.std(slow), rel=0.08)
    assert np.quantile(drawn, [0.025, 0.975]) == pytest.approx(
        np.quantile(slow, [0.025, 0.975]), abs=0.025
    )


def test_rows_that_seeds_share_are_drawn_for_all_alike() -> None:
    """Four seeds with one and the same answers know no more than one of them."""
    same, alone = [column(SEEDS[0])] * 4, [column(SEEDS[0])]
    wide = resampled(alone, resamples=RESAMPLES).std()
    assert resampled(same, shared=True, resamples=RESAMPLES).std() == pytest.approx(wide, rel=0.05)
    nested = resampled(same, resamples=RESAMPLES).std()
    assert nested == pytest.approx(wide / 2, rel=0.05)
    with pytest.raises(ValueError, match="as many"):
        interval([column(SEEDS[0]), column(SEEDS[1][:9])], shared=True)


def test_what_is_undefined_has_no_interval() -> None:
    assert interval([]) is None
    assert interval([column([])]) is None
    assert interval([column([1.0])], lambda rows, times: times[:, 0] * np.nan) is None


def test_the_t_interval_is_scipys() -> None:
    values = [0.5, 0.7, 0.55]
    ours = mean_interval(values)
    theirs = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx(theirs)
    assert 0.6 in ours
    assert mean_interval([0.5]) is None
    assert mean_interval([0.5, float("nan")]) is None
    same = mean_interval([0.5, 0.5])
    assert same is not None
    assert same.half == 0


def test_mcnemar_counts_discordant_pairs() -> None:
    """Against the sum of the binomial's terms that are no more likely."""
    terms = [stats.binom.pmf(k, 11, 0.5) for k in range(12)]
    assert mcnemar(9, 2).p == pytest.approx(sum(t for t in terms if t <= terms[9] * (1 + 1e-9)))
    assert mcnemar(0, 0).p == 1
    first, second = [1.0, 1, -1, 0], [1.0, 0, 1, -1]
    apart, alike = over_seeds([first, second]), over_seeds([first, second], shared=True)
    assert (apart.gained, apart.lost) == (4, 2), "pairs of all seeds"
    assert (alike.gained, alike.lost) == (2, 1), "each row once; the third gains nothing in all"
    assert over_seeds([first], shared=True) == over_seeds([first]), "of one seed both are McNemar's"
