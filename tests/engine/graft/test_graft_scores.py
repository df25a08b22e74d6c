"""Localizers that rate weights, transcribed: data-free ones, sensitivities, whole units, steps."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call

from engine import data
from engine.contract.kinds.graft import GraftConfig
from engine.contract.localizers import localizers
from engine.contract.sections import FreezeConfig
from engine.errors import ConfigError
from engine.graft import last_place
from engine.graft.delta import Delta
from engine.graft.localizers import scorer, ulp
from engine.graft.localizers.units import by_units
from engine.graft.mask import top
from engine.models import weight_map
from engine.models.heads import Head, attention_heads
from engine.session import Session
from tests.engine.engine_zoo import FAMILIES
from tests.engine.graft.graft_bench import SlowModel, batches_of, grafting_session

CONFIG = GraftConfig()


@pytest.fixture
def bench(task: data.TaskData, tmp_path: Path) -> tuple[Session, Delta]:
    return grafting_session(task, tmp_path)


def rated(name: str, bench: tuple[Session, Delta]) -> torch.Tensor:
    return scorer(localizers()[name])(*bench, CONFIG)


def test_magnitude_is_the_order_of_the_pretrained_weights(bench: tuple[Session, Delta]) -> None:
    _, delta = bench
    order = delta.pre.abs().argsort(stable=True)
    assert torch.equal(top(rated("low-magnitude", bench), 40), order[:40].sort().values)
    assert torch.equal(top(rated("magnitude", bench), 40), order[-40:].sort().values)


def test_snip_is_the_derivative_by_a_gate_on_each_weight(bench: tuple[Session, Delta]) -> None:
    """Of the loss, at gates of 1: Lee et al. 2019, equation 5."""
    session, delta = bench
    slow, batches = SlowModel(session, delta), batches_of(session, 1)
    gates = torch.ones_like(delta.pre, requires_grad=True)
    loss = slow.loss(gates * slow.pre, batches) / len(session.data.train)
    (expected,) = torch.autograd.grad(loss, gates)
    score = rated("snip", bench)
    torch.testing.assert_close(score, expected.abs(), rtol=1e-3, atol=1e-6)
    assert score.max() > 1e-3


def test_talos_is_the_expected_square_over_the_models_own_answers(
    bench: tuple[Session, Delta],
) -> None:
    session, delta = bench
    slow = SlowModel(session, delta)
    fisher = torch.zeros_like(delta.pre)
    rows = batches_of(session, 1)
    for batch in rows:
        for answer in range(2):
            theta = slow.pre.clone().requires_grad_()
            weights = {f"lm.{n}": theta[at].view(slow.shapes[n]) for n, at in slow.places}
            logits = functional_call(slow.model, weights, (batch,))
            chance = logits.softmax(1)[0, answer]
            (grad,) = torch.autograd.grad(chance.log(), theta)
            fisher += chance.detach() * grad**2 / len(rows)
    score = rated("talos", bench)
    torch.testing.assert_close(-score, fisher, rtol=1e-3, atol=1e-6 * fisher.max().item())
    assert fisher[top(score, 100)].max() <= fisher.quantile(0.05)


@pytest.mark.parametrize(
    ("dtype", "spacing"),
    [(torch.float32, np.float32), (torch.float16, np.float16), (torch.bfloat16, None)],
)
def test_a_unit_in_the_last_place_is_the_step_to_the_next_number(
    dtype: torch.dtype, spacing: Any
) -> None:
    draw = torch.Generator().manual_seed(0)
    values = torch.randn(500, generator=draw) * 10.0 ** torch.randint(-8, 3, (500,), generator=draw)
    stored = torch.cat([values, torch.tensor([0.0, 1.0, -1.0, 2.0, 0.99])]).to(dtype)
    if spacing:
        expected = torch.from_numpy(np.spacing(np.abs(stored.numpy())).astype(np.float64))
    else:
        after = torch.nextafter(stored.abs(), torch.full_like(stored, torch.inf))
        expected = after.double() - stored.abs().double()
    assert torch.equal(last_place.ulp(stored.double(), dtype), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_movement_is_counted_in_steps_of_what_the_weights_are_stored_as(dtype: torch.dtype) -> None:
    draw = torch.Generator().manual_seed(1)
    pre = (torch.randn(300, generator=draw) / 3).to(dtype).float()
    tuned = pre + torch.randn(300, generator=draw) / 100
    delta = Delta(nn.ParameterList([pre.clone()]), {"0": tuned.clone()})
    assert ulp.stored_in(delta) is dtype
    score = ulp.score(None, delta, CONFIG)  # type: ignore[arg-type]
    after = torch.nextafter(pre.abs().to(dtype), torch.tensor(torch.inf, dtype=dtype))
    steps = (tuned.double() - pre.double()).abs() / (after.double() - pre.abs().double())
    torch.testing.assert_close(score.double(), steps, rtol=1e-6, atol=0)
    assert not torch.equal(top(score, 30), top(delta.movement(), 30))


def test_of_a_zero_the_steps_are_many_and_not_infinite() -> None:
    delta = Delta(nn.ParameterList([torch.tensor([0.0, 0.1])]), {"0": torch.tensor([0.3, 0.3])})
    score = ulp.score(None, delta, CONFIG)  # type: ignore[arg-type]
    assert score.isfinite().all()
    assert top(score, 1).tolist() == [0]


def by_hand(delta: Delta, units: list[torch.Tensor], s: int) -> set[int]:
    """The first s weights, taken one by one: unit by unit, the liveliest first."""
    square = ((delta.tuned.double() - delta.pre.double()) ** 2).tolist()
    listed = [unit.tolist() for unit in units]
    inside = {i for unit in listed for i in unit}
    rest = [i for i in range(len(delta)) if i not in inside]
    lively = sorted(listed, key=lambda unit: -sum(square[i] for i in unit) / len(unit))
    order: list[int] = []
    for unit in (*lively, rest):
        order += sorted(unit, key=lambda i: -square[i])
    return set(order[:s])


def grouped(delta: Delta, group_of: Any) -> list[torch.Tensor]:
    groups: dict[Any, list[torch.Tensor]] = {}
    for name, span in delta.places():
        groups.setdefault(group_of(name), []).append(torch.arange(span.start, span.stop))
    return [torch.cat(group) for group in groups.values()]


@pytest.mark.parametrize("name", ["layer", "module"])
def test_whole_layers_and_modules_go_in_by_their_mean_squared_movement(
    bench: tuple[Session, Delta], name: str
) -> None:
    _, delta = bench
    lively = torch.linspace(1, 3, len(delta))
    delta.tuned.copy_(delta.pre + lively * (delta.tuned - delta.pre))
    layer = "layer.1."
    group_of = (lambda n: layer in n) if name == "layer" else (lambda n: n.rpartition(".")[0])
    units, score = grouped(delta, group_of), rated(name, bench)
    assert len(units) == (2 if name == "layer" else 16)
    for s in (1, 500, 1000, len(delta) - 3):
        assert set(top(score, s).tolist()) == by_hand(delta, units, s)
    assert torch.equal(score.sort().values, torch.arange(1 - len(delta), 1, dtype=torch.int32))


def test_what_is_in_no_unit_comes_last() -> None:
    delta = Delta(nn.ParameterList([torch.zeros(5)]), {"0": torch.tensor([1.0, 9, 2, 3, 8])})
    score = by_units(delta, [[torch.tensor([0, 2])], [slice(3, 4)]])
    assert top(score, 1).tolist() == [3]
    assert (-score).argsort().tolist() == [3, 2, 0, 1, 4]


GROUPED: dict[str, dict[str, Any]] = {
    "roberta": {}, "bert": {}, "distilbert": {}, "electra": {}, "deberta-v2": {}, "gpt2": {},
    "llama": {"num_attention_heads": 4, "num_key_value_heads": 2},
}  # fmt: skip


def heads_of(family: str, **changes: Any) -> tuple[Any, list[Head]]:
    lm = FAMILIES[family].build(**changes)
    weights = weight_map(lm)
    return lm, attention_heads(lm, weights, weights.maskable(FreezeConfig()))


def into_output(lm: Any, layer: int) -> Iterator[torch.Tensor]:
    """What the output projection of a layer's attention is given, as text comes to it."""
    words = ("attention.output.dense", "out_lin", "o_proj", "attn.c_proj")
    outputs = [m for n, m in lm.named_modules() if n.endswith(words)]
    seen: list[torch.Tensor] = []
    handle = outputs[layer].register_forward_hook(lambda _m, given, _o: seen.append(given[0]))
    lm(torch.tensor([[5, 9, 33, 12, 7]]))
    handle.remove()
    yield from seen


@pytest.mark.parametrize("family", GROUPED)
def test_a_head_is_what_its_part_of_the_attention_hangs_on(family: str) -> None:
    """By the gradient of that part alone: no weight of another head has any."""
    lm, heads = heads_of(family, **GROUPED[family])
    count = len(heads) // 2
    for layer in range(2):
        own = heads[layer * count : (layer + 1) * count]
        (context,) = into_output(lm, layer)  # (1, T, width)
        width = context.shape[-1] // count
        for number, head in enumerate(own):
            lm.zero_grad()
            context[..., number * width : (number + 1) * width].square().sum().backward(
                retain_graph=True
            )
            for name, index in head.items():
                grad = lm.get_parameter(name).grad
                if grad is None or name.endswith(("out_lin.weight", "o_proj.weight")):
                    continue
                others = torch.ones(grad.numel(), dtype=torch.bool)
                others[index] = False
                assert grad.flatten()[others].eq(0).all(), name
                assert "key" in name or "k_" in name or grad.flatten()[index].ne(0).any(), name


@pytest.mark.parametrize("family", GROUPED)
def test_the_heads_of_a_layer_are_its_projections_each_weight_once(family: str) -> None:
    lm, heads = heads_of(family, **GROUPED[family])
    count = len(heads) // 2
    first = heads[:count]
    for name in first[0]:
        every = torch.cat([head[name] for head in first]).sort().values
        assert torch.equal(every, torch.arange(lm.get_parameter(name).numel())), name
    if family == "roberta":
        assert {name.split("attention.")[1] for name in first[0]} == {
            *(f"self.{m}.{p}" for m in ("query", "key", "value") for p in ("weight", "bias")),
            "output.dense.weight",
        }


def test_a_columns_of_the_output_are_those_that_the_head_is_read_by() -> None:
    """Without the columns of a head, what it says has no effect."""
    lm, heads = heads_of("roberta")
    name = next(n for n in heads[1] if n.endswith("output.dense.weight"))
    module = lm.get_submodule(name.removesuffix(".weight"))
    lm.get_parameter(name).data.view(-1)[heads[1][name]] = 0
    given = torch.randn(1, 3, module.weight.shape[1])
    changed = given.clone()
    changed[..., 8:] += 1  # of width 16, two heads
    assert torch.equal(module(given), module(changed))
    changed[..., :8] += 1
    assert not torch.equal(module(given), module(changed))


def test_heads_that_are_not_known_are_refused(bench: tuple[Session, Delta]) -> None:
    session, _ = bench
    with pytest.raises(ConfigError, match="attention heads of RobertaForMaskedLM"):
        attention_heads(session.model.lm, session.weights, [])
