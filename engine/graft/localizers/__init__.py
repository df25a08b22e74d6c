"""Localizers: ways to choose which weights make a graft, one small file each.

Owns the table of their names (`graft.localizer`). A scorer rates all maskable weights once a run,
and `mask.top` cuts the mask of any budget from that; a mask that learns starts at a base patch
and takes gradients (`engine.graft.learn`). All weights compete with each other, whatever tensor
they are in (but for `layerwise`); equal ones are told apart by their place.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import torch

from engine.contract.config import GraftConfig
from engine.graft.delta import Delta
from engine.graft.localizers import chance, fisher, layerwise, movement, saliency
from engine.graft.localizers.hard_concrete import HardConcrete
from engine.graft.localizers.learnt import LearntMask
from engine.graft.localizers.straight_through import StraightThrough
from engine.session import Session

__all__ = ["LEARNERS", "SCORERS", "Mask", "Scorer"]

Scorer = Callable[[Session, Delta, GraftConfig], torch.Tensor]
"""A score a maskable weight, (P,), larger is better. May leave any weights shown, no gradients."""


class Mask(Protocol):
    """A mask that is learnt, on the flat buffers of a `Delta`."""

    def put(self) -> None:
        """Show the model under the mask as it stands."""

    def update(self, loss: float = ...) -> None:
        """One step from the gradients of `loss` in `delta.grad`, which is cleared; then `put`."""

    def candidates(self) -> list[torch.Tensor]:
        """The grafts to choose from as it stands, each (s',) int64 indices, sorted."""
        ...


SCORERS: Mapping[str, Scorer] = {
    "movement": movement.score,
    "saliency": saliency.score,
    "fisher": fisher.score,
    "random": chance.score,
    "layerwise": layerwise.score,
}

LEARNERS: Mapping[str, Callable[[Delta, torch.Tensor, GraftConfig], Mask]] = {
    "learnt": LearntMask,
    "straight-through": StraightThrough,
    "hard-concrete": HardConcrete,
}
"""Built from the weights, the base patch (s,) and the config."""
