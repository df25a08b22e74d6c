"""Scores against plain numpy."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine import batches, data
from engine.evaluate import Outcome, recovery
from tests.each import each
from tests.engine.engine_bench import session_of
from tests.engine.engine_zoo import FAMILIES


def ece_by_hand(logits: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Guo et al. 2017: |accuracy - confidence| a bin of confidence, weighted by its rows."""
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    chance = shifted / shifted.sum(1, keepdims=True)
    confidence, right = chance.max(1), chance.argmax(1) == labels
    total = 0.0
    for at in range(bins):
        inside = (confidence > at / bins) & (confidence <= (at + 1) / bins)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return total


def outcome(seed: int, count: int, classes: int, spread: float = 2.0) -> Outcome:
    draw = torch.Generator().manual_seed(seed)
    logits = spread * torch.randn(count, classes, generator=draw)
    return Outcome(logits, torch.randint(classes, (count,), generator=draw))


@given(seed=st.integers(0, 999), count=st.integers(1, 200), classes=st.integers(2, 6))
def test_scores(seed: int, count: int, classes: int) -> None:
    found = outcome(seed, count, classes)
    logits, labels = found.logits.double().numpy(), found.labels.numpy()
    log_chance = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    scores = found.scores()
    assert scores["accuracy"] == pytest.approx((logits.argmax(1) == labels).mean())
    assert scores["loss"] == pytest.approx(
        -log_chance[range(count), labels].mean(), rel=1e-5, abs=1e-6
    )
    assert scores["ece"] == pytest.approx(ece_by_hand(logits, labels), abs=1e-5)
    assert "agreement" not in scores


def test_agreement_is_the_share_of_equal_predictions() -> None:
    one, two = outcome(1, 50, 3), outcome(2, 50, 3)
    same = (one.logits.numpy().argmax(1) == two.logits.numpy().argmax(1)).mean()
    assert one.scores(like=two)["agreement"] == pytest.approx(same)
    assert one.scores(like=one)["agreement"] == 1.0


@each(
    ("graft", "finetuned", "pretrained", "expected"),
    [
        (0.9, 0.9, 0.5, {"recovery": 1.0, "gain_recovery": 1.0}),
        (0.5, 0.9, 0.5, {"recovery": 0.5 / 0.9, "gain_recovery": 0.0}),
        (0.8, 0.9, 0.5, {"recovery": 0.8 / 0.9, "gain_recovery": 0.75}),
        (0.95, 0.9, 0.5, {"recovery": 0.95 / 0.9, "gain_recovery": 1.125}),
        (0.5, 0.5, 0.5, {"recovery": 1.0}),
        (0.5, 0.4, 0.5, {"recovery": 1.25}),
        (0.5, 0.0, 0.0, {"recovery": math.nan}),
        (0.5, -0.1, 0.0, {"recovery": math.nan}),
    ],
)
def test_recovery(
    graft: float, finetuned: float, pretrained: float, expected: dict[str, float]
) -> None:
    assert recovery(graft, finetuned, pretrained) == pytest.approx(expected, nan_ok=True)
    alone = recovery(graft, finetuned, pretrained, tuned=False)
    assert math.isnan(alone["recovery"]), "of the pretrained model itself"


def test_an_evaluation_answers_in_the_rows_order(task: data.TaskData, tmp_path: Path) -> None:
    """Batches of like length are an inside matter; dropout is off, training stays as it was."""
    session = session_of(FAMILIES["roberta"].build(), task, tmp_path)
    session.model.train()
    found = session.evaluate(task.test)
    assert session.model.training
    session.model.eval()
    one_by_one = [
        session.model(batches.collate([row], task.pad_id, session.device)) for row in task.test
    ]
    torch.testing.assert_close(found.logits, torch.cat(one_by_one), atol=1e-5, rtol=1e-5)
    assert found.labels.tolist() == [row.label for row in task.test]
    assert not found.logits.requires_grad
