"""Metrics and the loss of scores, against their textbook formulas."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.loss import loss
from engine.tasks.metrics import scores

Pairs = list[tuple[int, int]]
ANSWERS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=30)


def logits_for(answers: list[int]) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.tensor(answers), 2).float()


@given(pairs=ANSWERS)
def test_f1_and_matthews_from_the_four_counts(pairs: Pairs) -> None:
    answers, labels = map(list, zip(*pairs, strict=True))
    count = {cell: pairs.count(cell) for cell in ((0, 0), (0, 1), (1, 0), (1, 1))}
    tp, fp, fn, tn = count[1, 1], count[1, 0], count[0, 1], count[0, 0]
    found = scores("f1", logits_for(answers), torch.tensor(labels))
    f1 = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0
    assert found["f1"] == pytest.approx(f1, abs=1e-6)
    assert found["accuracy"] == pytest.approx((tp + tn) / len(pairs))
    below = math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    matthews = (tp * tn - fp * fn) / below if below else 0.0
    found = scores("matthews", logits_for(answers), torch.tensor(labels))
    if below:  # where it is not defined, libraries differ: all that counts is a number
        assert found["matthews"] == pytest.approx(matthews, abs=1e-5)
    assert math.isfinite(found["matthews"])


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share the mean of theirs."""
    return np.array([(values < v).sum() + ((values == v).sum() + 1) / 2 for v in values])


@given(
    values=st.lists(
        st.tuples(st.integers(-40, 40), st.integers(0, 20)), min_size=3, max_size=25, unique=True
    )
)
def test_correlations(values: list[tuple[int, int]]) -> None:
    odds = torch.tensor([first / 10 for first, _ in values])
    labels = torch.tensor([second / 20 for _, second in values])
    found = scores("pearson", torch.stack([-odds, odds], 1), labels)
    p, y = torch.sigmoid(2 * odds).double().numpy(), labels.double().numpy()
    if p.std() < 1e-3 or y.std() < 1e-3:
        return
    assert found["pearson"] == pytest.approx(np.corrcoef(p, y)[0, 1], abs=1e-4)
    assert found["spearman"] == pytest.approx(np.corrcoef(ranks(p), ranks(y))[0, 1], abs=1e-4)
    assert "accuracy" not in found
    assert "ece" not in found


@pytest.mark.filterwarnings("ignore")
def test_a_correlation_with_a_constant_is_nothing() -> None:
    found = scores("pearson", torch.zeros(4, 2), torch.tensor([0.0, 0.2, 0.4, 1.0]))
    assert found["pearson"] == 0.0


@given(pairs=ANSWERS)
def test_brier_is_the_squared_distance_from_what_is_right(pairs: Pairs) -> None:
    answers, labels = map(list, zip(*pairs, strict=True))
    logits = logits_for(answers) * 3
    each = [
        (math.exp(row[c]) / sum(map(math.exp, row)) - (c == right)) ** 2
        for row, right in zip(logits.tolist(), labels, strict=True)
        for c in (0, 1)
    ]
    found = scores("accuracy", logits, torch.tensor(labels))["brier"]
    assert found == pytest.approx(sum(each) / len(pairs), abs=1e-6)


def test_the_loss_of_scores_is_the_divergence_of_two_distributions() -> None:
    torch.manual_seed(0)
    logits, label = torch.randn(6, 2), torch.tensor([0.0, 0.1, 0.5, 0.64, 0.9, 1.0])
    wanted = torch.distributions.Bernoulli(label.clamp(1e-7, 1 - 1e-7).double())
    given_ = torch.distributions.Bernoulli(logits=(logits[:, 1] - logits[:, 0]).double())
    each = torch.distributions.kl_divergence(wanted, given_)
    assert loss(logits, label).item() == pytest.approx(each.mean().item(), abs=1e-5)
    assert loss(logits, label, "sum").item() == pytest.approx(each.sum().item(), abs=1e-5)
