"""What each matrix of a layer is for, found by computing, against what its makers call it."""

from typing import Any

import pytest
import torch

from engine.models import weight_map
from engine.models.roles import BIASES, EMBEDDINGS, NORMS, roles
from tests.engine.engine_zoo import FAMILIES, LAYERS

CALLED = {
    "query, key, value": ("c_attn.", "query_key_value."),
    "query": ("query.", "q_lin.", "query_proj.", "q_proj."),
    "key": ("key.", "k_lin.", "key_proj.", "k_proj."),
    "value": ("value.", "v_lin.", "value_proj.", "v_proj."),
    "output": ("attention.output.dense.", "out_lin.", "attn.c_proj.", "o_proj.", "out_proj.",
               "attention.dense."),
    "first FFN": ("intermediate.dense.", "lin1.", "c_fc.", "gate_proj.", "up_proj.", "fc1.",
                  "dense_h_to_4h."),
    "second FFN": ("lin2.", "mlp.c_proj.", "down_proj.", "fc2.", "dense_4h_to_h.",
                   "output.dense."),
}  # fmt: skip


def called(name: str) -> str:
    """What the name says; the names of an attention before those of a network around it."""
    ends = {role: tuple(f"{end}weight" for end in words) for role, words in CALLED.items()}
    return next(role for role, words in ends.items() if name.endswith(words))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_matrix_is_what_it_does(family: str) -> None:
    lm = FAMILIES[family].build()
    before = torch.random.get_rng_state()
    weights = weight_map(lm)
    known = roles(lm, weights)
    assert torch.equal(before, torch.random.get_rng_state())
    for layer in weights.layers:
        matrices = [name for name in layer if lm.get_parameter(name).ndim == 2]
        assert {name: known[name] for name in matrices} == {n: called(n) for n in matrices}
        vectors = {known[name] for name in layer if lm.get_parameter(name).ndim == 1}
        assert vectors <= {NORMS, BIASES}
    assert len(weights.layers) == LAYERS
    assert {known[name] for name in weights.embeddings} == {EMBEDDINGS}
    assert not [m for m in lm.modules() if m._forward_hooks or m._forward_pre_hooks]


def test_names_play_no_part() -> None:
    """The same attention, of which the names of two modules are exchanged but while it computes."""
    lm = FAMILIES["roberta"].build()
    for layer in lm.roberta.encoder.layer:
        _exchange(layer.attention.self)
    known = roles(lm, weight_map(lm))
    begin = "roberta.encoder.layer.0.attention.self"
    said = {part: known[f"{begin}.{part}.weight"] for part in ("query", "key", "value")}
    assert said == {"query": "value", "key": "key", "value": "query"}


def _exchange(attention: Any) -> None:
    forward, modules = attention.forward, attention._modules

    def swap() -> None:
        modules["query"], modules["value"] = modules["value"], modules["query"]

    def exchanged(*args: Any, **named: Any) -> Any:
        swap()
        try:
            return forward(*args, **named)
        finally:
            swap()

    attention.forward = exchanged
