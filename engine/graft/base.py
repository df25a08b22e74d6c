"""The base patch: the weights that moved most, or a mask that is stored in a skill file."""

from dataclasses import dataclass

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.graft.mask import budget, top
from engine.graft.regions.skill import region_at


@dataclass(frozen=True, slots=True)
class BasePatch:
    """Where a graft starts from."""

    sparsity: float
    """As asked for; of a stored mask the number of its weights."""
    mask: torch.Tensor  # (s,) int64, sorted
    number: int = 0
    """Which of the curve's, from 0."""
    of: int = 1

    @property
    def labels(self) -> dict[str, str | float]:
        """What its scores are labelled with."""
        return {"sparsity": float(self.sparsity)}


def base_patches(config: GraftConfig, delta: Delta) -> list[BasePatch]:
    """The base patch of each sparsity, or the stored one. Raises ConfigError."""
    if config.base_patch != "movement":
        mask = region_at(config.base_patch, delta.sizes, "graft.base_patch").mask()
        mask = mask.to(delta.pre.device)
        return [BasePatch(len(mask), mask)]
    movement, curve = delta.movement(), config.curve
    return [
        BasePatch(s, top(movement, budget(s, len(delta))), number, len(curve))
        for number, s in enumerate(curve)
    ]
