"""The paper's learnt mask against its formula: autograd, finite differences, dense arithmetic."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn

from engine import data
from engine.batches import collate
from engine.contract.kinds.graft import GraftConfig
from engine.contract.sections import FreezeConfig, TaskConfig
from engine.graft import delta as delta_module
from engine.graft.base import base_patches
from engine.graft.delta import Delta
from engine.graft.gradients import accumulate
from engine.graft.localizers.learnt import LearntMask
from engine.graft.mask import top
from engine.graft.skill import cut, write
from tests.engine.engine_bench import load_task, session_of
from tests.engine.engine_zoo import FAMILIES
from tests.engine.graft.graft_bench import (
    SlowGraft,
    batches_of,
    grafting_session,
    soft_mask,
    tuned_from,
)

ALL = FreezeConfig(embeddings=False, head=False)
CAUSAL = {"type": "autoregressive", "prompt": "*sent_0*_It_was"}
KINDS: dict[str, tuple[dict[str, Any], Any, dict[str, Any]]] = {
    "masked": ({}, "roberta", {}),
    "masked, untied": ({}, "bert", {"tie_word_embeddings": False}),
    "causal": ({**CAUSAL, "label_words": {"0": " bad", "1": " fun"}}, "gpt2", {}),
    "causal, untied": (
        {**CAUSAL, "label_words": {"0": " not good", "1": " great"}},
        "llama",
        {"tie_word_embeddings": False},
    ),
    "linear head": ({"type": "finetune"}, "roberta", {}),
}
"""Settings of the task, family, changes of its config."""
RATES = {"linear head": 1e6}
"""A new head is small, and so are the gradients behind it."""


def grafting_kind(
    kind: str, folder: Path, files: Path, tokenizer: Any, freeze: FreezeConfig
) -> Any:
    settings, family, changes = KINDS[kind]
    task = load_task(TaskConfig(name="SST-2", data=str(files), k=4, **settings), tokenizer)
    lm = FAMILIES[family].build(**changes)
    if kind == "linear head":
        lm = lm.base_model
    session, delta = grafting_session(task, folder, lm=lm, freeze=freeze)
    session.model.requires_grad_(False)  # a linear head neither trains nor is grafted
    for parameter in delta._parameters:
        parameter.requires_grad_(True)
    return session, delta


def stored(delta: Delta, folder: Path) -> Path:
    """A skill file whose mask is not where the weights moved most."""
    mask = torch.arange(0, len(delta), 7)
    shapes = {n: [at.stop - at.start] for n, at in delta.places()}
    about: dict[str, Any] = {"base": "", "task": "", "prompt": "", "label_words": {}}
    skill = cut(delta, mask, shapes, **about, sparsity=1, scores={}, config_hash="")
    write(skill, folder / "skill.safetensors")
    return folder / "skill.safetensors"


@pytest.mark.parametrize(
    ("kind", "freeze", "base_patch"),
    [
        *((kind, FreezeConfig(), "movement") for kind in KINDS),
        *((kind, ALL, "from a file") for kind in ("masked", "causal, untied")),
    ],
)
def test_twenty_steps_are_those_of_a_slow_graft(
    task_folder: Path,
    spaced: Any,
    tmp_path: Path,
    kind: str,
    freeze: FreezeConfig,
    base_patch: str,
) -> None:
    """At a rate that moves the mask and yet does not blow rounding up to whole entries."""
    session, delta = grafting_kind(kind, tmp_path, task_folder, spaced, freeze)
    at = "movement" if base_patch == "movement" else str(stored(delta, tmp_path))
    config = GraftConfig(sparsity=0.05, base_patch=at, lr=RATES.get(kind, 1e5), seed=1)
    (base,) = base_patches(config, delta)
    mask = LearntMask(delta, base.mask, config)
    slow = SlowGraft(session, delta, base.mask, config, mask.state)
    batches, sizes = batches_of(session), set()
    mask.put()
    for _ in range(20):
        accumulate(session, list(session.data.train))
        mask.update()
        slow.step(batches)
        assert torch.equal(mask.rounded(), slow.mask()), "bit for bit"
        sizes.add(len(mask.rounded()))
    torch.testing.assert_close(soft_mask(mask), slow.gamma(), rtol=1e-3, atol=1e-3)
    assert len(sizes) > 2, "a mask that stays as it was shows nothing"
    assert not torch.isin(mask.rounded(), base.mask).all(), "weights were added"
    assert not torch.isin(base.mask, mask.rounded()).all(), "weights were dropped"


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
    mask = LearntMask(delta, base, GraftConfig(sigmoid_bias=1.0, seed=3, lr=1.0))
    start = mask.state.clone()
    batch = collate(task.train, task.pad_id, session.device)
    mask.put()
    accumulate(session, list(task.train))
    mask.update()
    step = start - mask.state  # lr 1: the step is the gradient

    def loss_at(state: torch.Tensor) -> float:
        mask.state = state
        mask.put()
        logits = session.model.lm(input_ids=batch.ids, attention_mask=batch.attention).logits
        columns = [answer[0] for answer in task.answers]
        words = logits[torch.arange(len(batch)), batch.answer][:, columns]
        return torch.nn.functional.cross_entropy(words, batch.label).item()

    inside = torch.zeros(len(delta), dtype=torch.bool).index_fill_(0, base, True)
    largest = step.abs().masked_fill(inside != in_base, 0).topk(8).indices
    for at in largest.tolist():
        shift = torch.zeros_like(start)
        shift[at] = 1e-3
        slope = (loss_at(start + shift) - loss_at(start - shift)) / 2e-3
        # PromptModel answers in float32, which bounds what can be told apart.
        assert step[at].item() == pytest.approx(slope, rel=2e-3, abs=1e-7)


SHAPES = st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=3), min_size=1, max_size=4)


@settings(max_examples=30)
@given(
    shapes=SHAPES,
    levels=st.sampled_from([1, 3, 1000]),
    share=st.floats(0, 1),
    seed=st.integers(0, 99),
)
@example(shapes=[[1]], levels=1, share=1.0, seed=0)
def test_updates_are_dense_arithmetic(
    shapes: list[list[int]], levels: int, share: float, seed: int
) -> None:
    """Whatever the tensors, tied movements and the budget, 0, 1 and all among them."""
    draw = torch.Generator().manual_seed(seed)
    lm = nn.ParameterList([torch.randn(shape, generator=draw) for shape in shapes])
    tuned = {
        n: p.detach() + torch.randint(levels, p.shape, generator=draw) / levels
        for n, p in lm.named_parameters()
    }
    for s in {0, 1, round(share * len(total(lm))), len(total(lm))}:
        delta = Delta(lm, dict(tuned))
        base = top(delta.movement(), s)
        assert len(base) == s
        _compare(delta, base, draw)


def total(lm: nn.Module) -> torch.Tensor:
    return nn.utils.parameters_to_vector(lm.parameters())


def _compare(delta: Delta, base: torch.Tensor, draw: torch.Generator) -> None:
    """Three updates with gradients out of the air."""
    mask = LearntMask(delta, base, GraftConfig(sigmoid_bias=0.5, lr=3.0))
    inside = torch.zeros(len(delta)).index_fill_(0, base, 1)
    state, moved = mask.state.double(), (delta.tuned - delta.pre).double()
    mask.put()
    for _ in range(3):
        soft = torch.sigmoid(state - 0.5)
        gamma = inside * (1 - soft) + (1 - inside) * soft
        torch.testing.assert_close(
            delta.theta, (delta.pre + gamma * moved).float(), atol=1e-5, rtol=1e-5
        )
        clear = (gamma - 0.5).abs() > 1e-5
        kept = torch.zeros(len(delta), dtype=torch.bool).index_fill_(0, mask.rounded(), True)
        assert torch.equal(kept[clear], (gamma > 0.5)[clear])
        grad = torch.randn(len(delta), generator=draw)
        delta.grad.copy_(grad)
        mask.update()
        state -= 3.0 * grad * moved * (1 - 2 * inside) * soft * (1 - soft)
        assert delta.grad.eq(0).all()


@pytest.mark.parametrize("chunk", [1, 7, 64, 1 << 20])
def test_chunks_change_nothing(
    task: data.TaskData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    session, delta = grafting_session(task, tmp_path)
    draw = torch.Generator().manual_seed(0)
    monkeypatch.setattr(delta_module, "CHUNK", chunk)
    base = top(delta.movement(), 50)
    mask = LearntMask(delta, base, GraftConfig(sigmoid_bias=0.5, seed=1, lr=2.0))
    some = slice(0, 300)  # a chunk of 1 over all weights would take long
    delta.pre, delta.tuned, delta._theta, delta.grad, mask.state = (
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
    mask.update()
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
    mask = LearntMask(small, base, GraftConfig(seed=seed))
    mask.state = 10 + 8 * torch.randn(len(small), generator=draw)
    mask.state[(mask.state - 10).abs() < 1e-3] = 0
    assert mask.rounded().tolist() == soft_mask(mask).round().nonzero().flatten().tolist()


@settings(max_examples=40)
@given(seed=st.integers(0, 99), share=st.floats(0, 1), shift=st.sampled_from([-3.0, 0.0, 3.0]))
def test_a_grown_mask_is_offered_trimmed_too(
    small: Delta, seed: int, share: float, shift: float
) -> None:
    """To the base patch's size, by gamma: by its logit, since float32 has many ones."""
    draw = torch.Generator().manual_seed(seed)
    base = torch.randperm(len(small), generator=draw)[: round(share * len(small))].sort().values
    mask = LearntMask(small, base, GraftConfig(seed=seed))
    mask.state = 10 + shift + 4 * torch.randn(len(small), generator=draw)
    state = mask.state.clone()
    logit = state - 10
    logit[base] *= -1
    found = mask.candidates()
    assert torch.equal(mask.state, state), "to the last bit"
    assert torch.equal(found[0], (logit > 0).nonzero().flatten())
    if len(found[0]) <= len(base):
        assert len(found) == 1
        return
    ranked = torch.sort(logit, descending=True).indices[: len(base)]
    assert torch.equal(found[1], ranked.sort().values)


@pytest.fixture(scope="module")
def small() -> Delta:
    lm = torch.nn.Linear(12, 12)
    return Delta(lm, {n: p.detach() + 1 for n, p in lm.named_parameters()})


def test_the_start_is_the_base_patch_and_hangs_on_the_seed(small: Delta) -> None:
    base = torch.tensor([0, 5, 144, 155])
    one, same, other = (LearntMask(small, base, GraftConfig(seed=seed)) for seed in (1, 1, 2))
    assert torch.equal(one.rounded(), base)
    assert torch.equal(one.state, same.state)
    assert not torch.equal(one.state, other.state)
    assert one.state.min() >= 0
    assert one.state.max() < 1
