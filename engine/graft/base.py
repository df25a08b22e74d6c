"""The base patch: the weights that moved most, or a mask that is stored in a skill file."""

from dataclasses import dataclass
from pathlib import Path

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.errors import ConfigError
from engine.graft.delta import Delta
from engine.graft.info import SkillError
from engine.graft.mask import budget, top
from engine.graft.regions.skill import region_of
from engine.graft.skill import Skill, load


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
        mask = stored_mask(_stored(config), delta)
        return [BasePatch(len(mask), mask)]
    movement, curve = delta.movement(), config.curve
    return [
        BasePatch(s, top(movement, budget(s, len(delta))), number, len(curve))
        for number, s in enumerate(curve)
    ]


def _stored(config: GraftConfig) -> Skill:
    """The skill whose mask is the base patch. Raises ConfigError if it has none."""
    try:
        skill = load(Path(config.base_patch).expanduser())
    except SkillError as error:
        raise ConfigError(f"graft.base_patch: {error.message}", error.hint) from None
    if not skill.indices:
        raise ConfigError(
            f"graft.base_patch: {config.base_patch} holds no weights",
            "give the skill file of a graft that has some",
        )
    return skill


def stored_mask(skill: Skill, delta: Delta) -> torch.Tensor:
    """Where a skill's entries lie in the flat buffers, (s,) int64 sorted. Raises ConfigError."""
    return region_of(skill, delta.sizes, "graft.base_patch").mask().to(delta.pre.device)
