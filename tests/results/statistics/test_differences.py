"""Differences of scores over rows and seeds, against torchmetrics and the answers themselves."""

import numpy as np
import pytest
import torch
from scipy import stats

from engine.tasks import metrics
from graftui.errors import UsageError
from graftui.results.answers import Answer, Answers
from graftui.results.statistics.differences import agreement, difference
from graftui.results.statistics.joining import join, side
from graftui.results.statistics.measures import METRICS

DICE = torch.Generator().manual_seed(4)


def answers(rows: list[Answer], classes: int = 3) -> Answers:
    names, bounds = tuple(map(str, range(classes))), None if classes else (0.0, 5.0)
    return Answers("film", "model", "graft", "test", {}, names, bounds, tuple(rows))


def drawn(count: int, classes: int = 3, better: float = 0.0) -> tuple[list[Answer], torch.Tensor]:
    """Answers, and the logits that they are of; `better`: how much the right class is ahead."""
    gold = torch.arange(count) % classes
    logits = torch.randn(count, classes, generator=DICE)
    logits[torch.arange(count), gold] += better
    sure = logits.softmax(1)
    rows = [
        Answer(f"r{n}", int(gold[n]), int(logits[n].argmax()), tuple(sure[n].tolist()))
        for n in range(count)
    ]
    return rows, logits


@pytest.mark.parametrize(("metric", "classes"), [("accuracy", 3), ("f1", 2), ("matthews", 3)])
def test_scores_of_answers_are_the_engines(metric: str, classes: int) -> None:
    """On all rows, and on rows some of which come up more often."""
    rows, logits = drawn(50, classes)
    table, labels = side(rows, True), torch.arange(50) % classes
    theirs = metrics.scores(metric, logits, labels)
    for name in (metric, "ece", "loss"):
        assert METRICS[name].of(table) == pytest.approx(theirs[name], abs=1e-6)
    times = torch.randint(0, 3, (4, 50), generator=DICE)
    score = METRICS[metric]
    ours = score.value(table[:, score.columns], times.double().numpy())
    assert ours == pytest.approx(metrics.resampled(metric, logits, labels, times).numpy())
    again = np.repeat(table, 2, axis=0)
    assert METRICS["ece"].of(again) == pytest.approx(METRICS["ece"].of(table))


def test_correlations_of_regressions_are_the_engines() -> None:
    logits, labels = torch.randn(40, 2, generator=DICE), torch.rand(40, generator=DICE)
    said = logits.softmax(1)[:, 1].tolist()
    rows = [Answer(f"r{n}", labels[n].item(), said[n]) for n in range(40)]
    table = side(rows, False)
    expected = metrics.scores("pearson", logits, labels)["pearson"]
    assert METRICS["pearson"].of(table) == pytest.approx(expected)
    worse = [row._replace(prediction=1 - row.gold) for row in rows]
    better = [row._replace(prediction=row.gold) for row in rows]
    made = difference([join(answers(better, 0), answers(worse, 0))], "pearson")
    assert made.mean == pytest.approx(2)
    assert made.discordant is None, "no row is right or wrong"
    assert made.stands_out


def test_rows_are_joined_by_id_and_the_rest_is_counted() -> None:
    ours, _ = drawn(30)
    theirs, _ = drawn(40)
    joined = join(answers(ours[::-1][:-5]), answers(theirs))
    both = {row.id for row in ours[5:]}
    assert set(joined.ids) == both
    assert (joined.only_ours, joined.only_theirs) == (0, 15)
    right = [{row.id: row.gold == row.prediction for row in rows} for rows in (ours, theirs)]
    naive = [float(right[0][id]) - float(right[1][id]) for id in joined.ids]
    assert joined.gains.tolist() == naive
    made = difference([joined])
    assert made.mean == pytest.approx(np.mean(naive))
    assert made.discordant is not None
    assert (made.discordant.gained, made.discordant.lost) == (naive.count(1), naive.count(-1))
    assert (made.rows, made.left_out) == ((25,), 15)


def test_what_is_no_pair_is_refused() -> None:
    rows, _ = drawn(9)
    with pytest.raises(UsageError, match="labels differ"):
        join(answers(rows), answers(drawn(9, 2)[0], 2))
    with pytest.raises(UsageError, match="two right answers"):
        join(answers(rows), answers([row._replace(gold=(row.gold + 1) % 3) for row in rows]))
    apart = join(answers(rows[:4]), answers(rows[4:]))
    with pytest.raises(UsageError, match="no row in common"):
        difference([apart])
    with pytest.raises(UsageError, match="no score"):
        difference([join(answers(rows), answers(rows))], "agreement")


def test_the_interval_tells_a_real_difference_from_none() -> None:
    seeds = [
        (answers(drawn(300, better=2)[0]), answers(drawn(300)[0]), answers(drawn(300)[0]))
        for _ in range(3)
    ]
    better = difference([join(good, first) for good, first, _ in seeds])
    assert better.stands_out
    assert better.discordant is not None
    assert better.discordant.p < 1e-6
    assert better.interval is not None
    assert better.mean in better.interval
    assert better.same_rows
    assert better.by_seed == pytest.approx(
        [join(good, first).gains.mean() for good, first, _ in seeds]
    )
    nothing = difference([join(first, again) for _, first, again in seeds])
    assert not nothing.stands_out
    same, interval = agreement([join(first, first) for _, first, _ in seeds])
    assert (same, interval and (interval.low, interval.high)) == (1, (1, 1))


def test_where_no_row_differs_others_may() -> None:
    rows, _ = drawn(80)
    made = difference([join(answers(rows), answers(rows))])
    reach = stats.binomtest(0, 80).proportion_ci(method="exact").high
    assert made.interval is not None
    assert (made.interval.low, made.interval.high) == pytest.approx((-reach, reach))
    right = [row._replace(prediction=row.gold) for row in rows]
    wrong = [row._replace(prediction=(row.gold + 1) % 3) for row in rows]
    whole = difference([join(answers(right), answers(wrong))])
    assert whole.stands_out
    assert whole.interval is not None
    assert whole.interval.low == pytest.approx(1 - 2 * reach)
