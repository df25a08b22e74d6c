"""Which weights make up an attention head.

A head is told by the names of its projections, as the common families have them, and by how many
heads the model's config says there are. Refuses a model whose attention has other names, and one
whose heads lie otherwise in its matrices.
"""

from collections.abc import Iterable
from typing import Any

import torch
from transformers.pytorch_utils import Conv1D

from engine.errors import ConfigError
from engine.models.weights import Place, WeightMap

_INTO = {
    "query", "key", "value", "q_lin", "k_lin", "v_lin", "q_proj", "k_proj", "v_proj",
    "query_proj", "key_proj", "value_proj",
}  # fmt: skip
"""Last words of the modules whose outputs are those of the heads, one head after the other."""
_FUSED = {"c_attn"}
"""Of the modules that do so three times: query, key and value."""
_OUT_OF = {"out_lin", "o_proj", "out_proj", "c_proj"}
"""Of the modules, within an attention, whose inputs are those of the heads."""

Head = dict[str, torch.Tensor]
"""Name of a tensor -> flat indices (n,) int64, sorted, of those of its weights."""


def attention_heads(lm: Any, weights: WeightMap, names: Iterable[str]) -> list[Head]:
    """The heads of all layers, from the bottom up, of the tensors `names`.

    Query heads that share keys and values are one. The bias of an output projection is in none.
    Raises ConfigError where they cannot be told apart.
    """
    count = _count(lm)
    layers: dict[int, list[Head]] = {}
    for name, at in weights.places(names).items():
        owners = _owners(lm, name, at, count)
        if at.layer is None or owners is None:
            continue
        heads = layers.setdefault(at.layer, [{} for _ in range(count)])
        for number, head in enumerate(heads):
            head[name] = (owners == number).nonzero().flatten()
    if not layers:
        raise _unknown(lm, "their projections have other names")
    return [head for number in sorted(layers) for head in layers[number]]


def _count(lm: Any) -> int:
    """Heads of a layer, those that share keys and values counted once."""
    heads = getattr(lm.config, "num_attention_heads", None)
    if not isinstance(heads, int):
        raise _unknown(lm, "its config does not say how many there are")
    shared = getattr(lm.config, "num_key_value_heads", None)
    return shared if isinstance(shared, int) else heads


def _owners(lm: Any, name: str, at: Place, count: int) -> torch.Tensor | None:
    """The head of each weight of a tensor, flat; None where it is in no head."""
    word = at.module.rpartition(".")[2]
    parameter = lm.get_parameter(name)
    turned = isinstance(lm.get_submodule(name.rpartition(".")[0]), Conv1D)  # stored (in, out)
    if word in _INTO or word in _FUSED:
        axis = parameter.ndim - 1 if turned else 0
        blocks = 3 if word in _FUSED else 1
    elif at.module.endswith("attention.output.dense") or (word in _OUT_OF and "att" in at.module):
        if parameter.ndim == 1:
            return None
        axis, blocks = (0 if turned else 1), 1
    else:
        return None
    size, rest = divmod(parameter.shape[axis], blocks * count)
    if rest:
        raise _unknown(lm, f"{name} cannot be cut into {count} of them")
    owner = torch.arange(count).repeat_interleave(size).repeat(blocks)  # (out,) or (in,)
    shape = [1] * parameter.ndim
    shape[axis] = len(owner)
    return owner.view(shape).expand(parameter.shape).flatten()


def _unknown(lm: Any, why: str) -> ConfigError:
    return ConfigError(
        f"graft.localizer = head: the attention heads of {type(lm).__name__} are not known, {why}",
        "use graft.localizer = module",
    )
