"""All ones give the fine-tuned model, all zeros the pretrained, bit for bit."""

import weakref
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine import data
from engine.batches import collate
from engine.graft.delta import Delta, chunks
from engine.graft.mask import top
from engine.models import wrap
from tests.engine.engine_bench import session_of
from tests.engine.engine_zoo import FAMILIES
from tests.engine.graft.graft_bench import grafting_session, tuned_from


@pytest.mark.parametrize("name", ["roberta", "gpt2"])
@pytest.mark.parametrize("scale", [0, 1e-9, 1e-3, 1.0, 1e4])
def test_ones_and_zeros(task: data.TaskData, tmp_path: Path, name: str, scale: float) -> None:
    lm = FAMILIES[name].build()
    session = session_of(lm, task, tmp_path)
    session.model.eval()
    batch = collate(task.test, task.pad_id, session.device)
    tuned = tuned_from(lm, session.maskable, scale)
    if scale == 0:  # nearly nothing is left of the weights: w + (w' - w) is not w'
        tuned = {n: 1e-6 * p.detach().cos() for n, p in lm.named_parameters() if n in tuned}
    other = FAMILIES[name].build()
    other.load_state_dict({**other.state_dict(), **tuned}, strict=False)
    with torch.no_grad():
        pretrained = session.model(batch)
        finetuned = wrap(other, task, "cls")(batch)
        delta = Delta(lm, dict(tuned))
        delta.put(torch.arange(len(delta)))
        assert torch.equal(session.model(batch), finetuned)
        delta.put(torch.arange(0))
        assert torch.equal(session.model(batch), pretrained)
        delta.put(torch.arange(len(delta)))
        assert torch.equal(session.model(batch), finetuned), "and back again"
    assert all(torch.equal(p, tuned[n]) for n, p in lm.named_parameters() if n in tuned)


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_a_bfloat16_model_shows_the_rounded_values(
    task: data.TaskData, tmp_path: Path, name: str
) -> None:
    """Its frozen weights too; the flat ones stay float32, and so does what is undone."""
    lm = FAMILIES[name].build()
    session, delta = grafting_session(task, tmp_path, lm=lm, shown=torch.bfloat16)
    assert {p.dtype for p in lm.parameters()} == {delta.theta.dtype} == {torch.bfloat16}
    assert delta.pre.dtype == delta.tuned.dtype == torch.float32
    exact = FAMILIES[name].build()
    own = dict(exact.named_parameters())
    pre = torch.cat([own[n].detach().flatten() for n in delta.names])
    assert torch.equal(delta.pre, pre), "not rounded"
    for mask in (torch.arange(len(delta)), torch.arange(3), torch.arange(0)):
        expected = pre.clone()
        expected[mask] = delta.tuned[mask]
        delta.put(mask)
        assert torch.equal(delta.theta, expected.bfloat16())
        delta.put(mask)
    batch = collate(task.test, task.pad_id, session.device)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        rounded, whole = session.model(batch), wrap(exact.eval(), task, "cls")(batch)
    assert torch.allclose(rounded.float(), whole.float(), atol=0.1, rtol=0.1)


def test_no_weight_is_held_twice() -> None:
    """What the flat buffers hold, neither the model nor the caller keeps."""
    lm = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 3))
    tuned = {n: p.detach() + 1 for n, p in lm.named_parameters()}
    given = [weakref.ref(tensor) for tensor in tuned.values()]
    delta = Delta(lm, tuned)
    assert tuned == {}
    assert [tensor() for tensor in given] == [None] * 4
    flat = delta.theta.untyped_storage().data_ptr()
    assert all(p.untyped_storage().data_ptr() == flat for p in lm.parameters())
    assert torch.equal(delta.tuned, delta.pre + 1)


def test_a_mask_is_put_where_it_says() -> None:
    lm = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 3))
    before = {n: p.detach().clone() for n, p in lm.named_parameters()}
    delta = Delta(lm, {n: torch.full_like(p, 7.0) for n, p in lm.named_parameters()})
    assert [(n, at.start, at.stop) for n, at in delta.places()] == [
        ("0.weight", 0, 6),
        ("0.bias", 6, 8),
        ("1.weight", 8, 14),
        ("1.bias", 14, 17),
    ]
    delta.put(torch.tensor([5, 6, 16]))
    expected = {n: p.clone() for n, p in before.items()}
    expected["0.weight"][1, 2] = expected["0.bias"][0] = expected["1.bias"][2] = 7.0
    for name, parameter in lm.named_parameters():
        assert torch.equal(parameter, expected[name]), name


def test_gradients_gather_in_one_buffer() -> None:
    lm = torch.nn.Linear(3, 2)
    delta = Delta(lm, {n: p.detach() + 1 for n, p in lm.named_parameters()})
    inputs = torch.tensor([[1.0, 2.0, 3.0]])
    for _ in range(2):
        lm(inputs).sum().backward()
    assert delta.grad.tolist() == [2, 4, 6, 2, 4, 6, 2, 2]


def test_the_base_patch_is_where_the_weights_moved_most() -> None:
    lm = torch.nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        lm.weight.zero_()
    delta = Delta(lm, {"weight": torch.tensor([[0.5, -2.0], [0.0, 1.0]])})
    assert delta.movement().tolist() == [0.5, 2.0, 0.0, 1.0]
    assert top(delta.movement(), 2).tolist() == [1, 3]


@pytest.mark.parametrize("total", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_chunks_cover_everything_once(total: int) -> None:
    covered = [at for part in chunks(total) for at in (part.start, part.stop)]
    inner = covered[1:-1]
    assert inner[::2] == inner[1::2], "each begins where the last one ended"
    assert (covered[:1], covered[-1:]) == (([0], [total]) if total else ([], []))


@given(masks=st.lists(st.sets(st.integers(0, 16)), min_size=2, max_size=5), blurred=st.booleans())
def test_only_what_differs_is_changed_and_nothing_is_left_over(
    masks: list[set[int]], blurred: bool
) -> None:
    """A series of masks shows the last one, whatever wrote to the buffer in between."""
    lm = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 3))
    delta = Delta(lm, {n: p.detach() + 1 for n, p in lm.named_parameters()})
    for mask in masks:
        if blurred:
            delta.theta.fill_(3.0)
        delta.put(torch.tensor(sorted(mask), dtype=torch.int64))
    shown = torch.cat([p.detach().flatten() for p in lm.parameters()])
    last = torch.zeros(17).index_fill_(0, torch.tensor(sorted(masks[-1]), dtype=torch.int64), 1)
    assert torch.equal(shown, torch.where(last.bool(), delta.tuned, delta.pre))
