"""The weights of a network laid in memory as a graft run has them.

A kernel may add up in another order where a tensor begins elsewhere in memory, so that a skill
scores the same bits only where its weights lie as they did when it was cut.
"""

from collections.abc import Sequence

import torch
from torch import nn


def lay_flat(lm: nn.Module, names: Sequence[str], kind: torch.dtype | None = None) -> None:
    """Make the parameters `names` views of one buffer, in that order, and all of `lm` of `kind`
    (None: as it is), as engine.graft.delta does with the maskable weights."""
    parameters = dict(lm.named_parameters())
    chosen = [parameters[name] for name in names]
    if not chosen:
        return
    total, first = sum(parameter.numel() for parameter in chosen), chosen[0].detach()
    flat, start = first.new_empty(total, dtype=kind or first.dtype), 0
    for parameter in chosen:
        span = flat[start : start + parameter.numel()]
        span.copy_(parameter.detach().flatten())
        parameter.data = span.view(parameter.shape)
        start += len(span)
    lm.to(kind or first.dtype)
