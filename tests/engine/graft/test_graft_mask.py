"""Top-s and budgets against a sort; the learnt mask against finite differences and autograd."""

from pathlib import Path

import pytest
import torch
from engine_bench import session_of
from engine_zoo import FAMILIES
from graft_bench import SlowGraft, grafting_session, soft_mask, tuned_from
from hypothesis import example, given
from hypothesis import strategies as st

from engine import data
from engine.data import collate, sorted_batches
from engine.errors import ConfigError
from engine.graft import delta as delta_module
from engine.graft import learn as learning
from engine.graft import mask as mask_module
from engine.graft.delta import Delta
from engine.graft.mask import LearntMask, budget, top

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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize("in_base", [True, False])
def test_the_gradient_of_the_mask_against_finite_differences(
    task: data.TaskData, tmp_path: Path, in_base: bool
) -> None:
    """In float64, one weight of S at a time, b small enough that sigmoid' is not nothing."""
    lm = FAMILIES["roberta"].build().double()
    session = session_of(lm, task, tmp_path)
    session.model.eval()
    delta = Delta(lm, tuned_from(lm, session.maskable, scale=0.5))
    base = top(delta.movement(), len(delta) // 3)
    mask = LearntMask(delta, base, bias=1.0, seed=3)
    start = mask.state.clone()
    batch = collate(task.train, task.pad_id, session.device)
    mask.put()
    learning._gradients(session, task.train, micro_batch=3)
    mask.update(lr=1.0)
    step = start - mask.state  # lr 1: the step is the gradient

    def loss_at(state: torch.Tensor) -> float:
        mask.state = state
        mask.put()
        logits = session.model.lm(input_ids=batch.ids, attention_mask=batch.attention).logits
        words = logits[torch.arange(len(batch)), batch.answer][:, list(task.label_ids)]
        return torch.nn.functional.cross_entropy(words, batch.label).item()

    inside = torch.zeros(len(delta), dtype=torch.bool).index_fill_(0, base, True)
    largest = step.abs().masked_fill(inside != in_base, 0).topk(8).indices
    for at in largest.tolist():
        shift = torch.zeros_like(start)
        shift[at] = 1e-3
        slope = (loss_at(start + shift) - loss_at(start - shift)) / 2e-3
        # PromptModel answers in float32, which bounds what can be told apart.
        assert step[at].item() == pytest.approx(slope, rel=2e-3, abs=1e-7)


def test_twenty_steps_are_those_of_a_slow_graft(task: data.TaskData, tmp_path: Path) -> None:
    """At a rate that moves the mask and yet does not blow rounding up to whole entries."""
    session, delta = grafting_session(task, tmp_path)
    base = top(delta.movement(), len(delta) // 20)
    mask = LearntMask(delta, base, bias=10.0, seed=1)
    slow = SlowGraft(session, delta, base, 10.0, mask.state)
    batches = [b for _, b in sorted_batches(task.train, 3, task.pad_id, session.device)]
    sizes = []
    for _ in range(20):
        mask.put()
        learning._gradients(session, task.train, micro_batch=3)
        mask.update(lr=1e5)
        slow.step(batches, len(task.train), lr=1e5)
        assert torch.equal(mask.rounded(), slow.mask()), "bit for bit"
        sizes.append(len(mask.rounded()))
    torch.testing.assert_close(mask.state, slow.state, rtol=1e-3, atol=1e-2)
    assert len(set(sizes)) > 2, "a mask that stays as it was shows nothing"
    assert not torch.isin(mask.rounded(), base).all(), "weights were added"
    assert not torch.isin(base, mask.rounded()).all(), "weights were dropped"


@pytest.mark.parametrize("chunk", [1, 7, 64, 1 << 20])
def test_chunks_change_nothing(
    task: data.TaskData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    session, delta = grafting_session(task, tmp_path)
    draw = torch.Generator().manual_seed(0)
    for module in (delta_module, mask_module):
        monkeypatch.setattr(module, "CHUNK", chunk, raising=False)
    base = top(delta.movement(), 50)
    mask = LearntMask(delta, base, bias=0.5, seed=1)
    some = slice(0, 300)  # a chunk of 1 over all weights would take long
    delta.pre, delta.tuned, delta.theta, delta.grad, mask.state = (
        t[some].clone() for t in (delta.pre, delta.tuned, delta.theta, delta.grad, mask.state)
    )
    mask.base = base[base < 300]
    delta.grad.copy_(torch.randn(300, generator=draw))
    start, grad = mask.state.clone(), delta.grad.clone()
    mask.put()
    gamma = soft_mask(mask)
    expected = delta.pre + gamma * (delta.tuned - delta.pre)
    torch.testing.assert_close(delta.theta, expected, atol=1e-6, rtol=1e-6)
    assert mask.rounded().tolist() == gamma.round().nonzero().flatten().tolist()
    mask.update(lr=2.0)
    sign = torch.ones(300).index_fill_(0, mask.base, -1)
    soft = torch.sigmoid(start - 0.5)
    expected = start - 2.0 * grad * (delta.tuned - delta.pre) * sign * soft * (1 - soft)
    torch.testing.assert_close(mask.state, expected, atol=1e-6, rtol=1e-5)
    assert delta.grad.eq(0).all()


@given(seed=st.integers(0, 99), share=st.floats(0, 1))
def test_rounding_is_that_of_the_soft_mask(small: Delta, seed: int, share: float) -> None:
    """Far from one half, where float32 rounds gamma as it rounds S."""
    draw = torch.Generator().manual_seed(seed)
    base = torch.randperm(len(small), generator=draw)[: round(share * len(small))].sort().values
    mask = LearntMask(small, base, bias=10.0, seed=seed)
    mask.state = 10 + 8 * torch.randn(len(small), generator=draw)
    mask.state[(mask.state - 10).abs() < 1e-3] = 0
    assert mask.rounded().tolist() == soft_mask(mask).round().nonzero().flatten().tolist()


@pytest.fixture(scope="module")
def small() -> Delta:
    lm = torch.nn.Linear(12, 12)
    return Delta(lm, {n: p.detach() + 1 for n, p in lm.named_parameters()})


def test_the_start_is_the_base_patch_and_hangs_on_the_seed(small: Delta) -> None:
    base = torch.tensor([0, 5, 144, 155])
    one, same, other = (LearntMask(small, base, 10.0, seed) for seed in (1, 1, 2))
    assert torch.equal(one.rounded(), base)
    assert torch.equal(one.state, same.state)
    assert not torch.equal(one.state, other.state)
    assert one.state.min() >= 0
    assert one.state.max() < 1
