"""Top-s and budgets against a sort."""

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.graft import mask as mask_module
from engine.graft.mask import budget, top
from tests.each import each

SCORES = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 2, width=32), max_size=60)


@given(scores=SCORES, share=st.floats(0, 1))
@example(scores=[0.0] * 9, share=0.5)
@example(scores=[1.0, 0.0, 1.0, 1.0], share=0.5)
@example(scores=[], share=0.0)
def test_top_is_the_head_of_a_stable_sort(scores: list[float], share: float) -> None:
    for s in {0, min(1, len(scores)), round(share * len(scores)), len(scores)}:
        order = sorted(range(len(scores)), key=lambda at: -scores[at])  # sorted() is stable
        found = top(torch.tensor(scores), s)
        assert found.dtype == torch.int64
        assert found.tolist() == sorted(order[:s])


@pytest.mark.parametrize("levels", [2, 50, 10**9])
@pytest.mark.parametrize("order", ["drawn", "rising", "falling", "misleading"])
def test_top_of_many_by_a_sample(monkeypatch: pytest.MonkeyPatch, levels: int, order: str) -> None:
    """The guess from a sample never shows, however the scores lie and tie."""
    monkeypatch.setattr(mask_module, "_SAMPLE", 256)
    score = torch.randint(levels, (4001,), generator=torch.Generator().manual_seed(2)).float()
    if order == "misleading":
        score[:: 4001 // 256] += 2 * levels  # the sample sees the largest alone
    elif order != "drawn":
        score = score.sort(descending=order == "falling").values
    ranked = torch.sort(score, descending=True, stable=True).indices
    for s in (0, 1, 2, 40, 400, 1999, 4000, 4001):
        assert torch.equal(top(score, s), ranked[:s].sort().values)


@each(
    ("sparsity", "total", "expected"),
    [
        (1e-4, 85_054_464, 8505),
        (1e-7, 85_054_464, 9),
        (1e-9, 1000, 1),
        (1.0, 1000, 1000),
        (1, 1000, 1),
        (1000, 1000, 1000),
        (0.5, 3, 2),
    ],
)
def test_budget(sparsity: float, total: int, expected: int) -> None:
    assert budget(sparsity, total) == expected


def test_a_count_beyond_the_weights_is_refused() -> None:
    with pytest.raises(ConfigError, match="graft.sparsity = 1001 weights, but 1,000 are maskable"):
        budget(1001, 1000)
