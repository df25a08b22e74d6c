"""Regions: which of a model's maskable weights, as a value; a file a source of them.

Owns what a region is and how the code of a source is had (engine.contract.regions names it).
Refuses a region without weights.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import torch

from engine.contract.regions import region_sources
from engine.contract.regions.section import RegionConfig
from engine.errors import ConfigError
from engine.graft.mask import top
from engine.models import WeightMap
from engine.named import code_at

__all__ = ["Finder", "Ground", "Region", "all_of", "find", "strongest"]

Tensors = Mapping[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Region:
    """A set of maskable weights."""

    indices: dict[str, torch.Tensor]  # name -> (n,) int64, sorted, each once; of n > 0 alone
    sizes: dict[str, int]
    """Weights of each maskable tensor, touched or not, in the order of the model."""

    @property
    def counts(self) -> dict[str, int]:
        """Name of a touched tensor -> its weights in the region."""
        return {name: len(index) for name, index in self.indices.items()}

    @property
    def maskable(self) -> int:
        """P: out of how many weights."""
        return sum(self.sizes.values())

    def __len__(self) -> int:
        return sum(map(len, self.indices.values()))

    def mask(self) -> torch.Tensor:
        """Where it lies in the flat buffers of a `Delta` of the same tensors, (s,) int64 sorted."""
        starts = _starts(self.sizes)
        parts = [self.indices[name] + starts[name] for name in self.sizes if name in self.indices]
        return torch.cat(parts) if parts else torch.empty(0, dtype=torch.int64)


@dataclass(frozen=True, slots=True)
class Ground:
    """What regions are found on."""

    pretrained: Tensors
    """The maskable tensors of the pretrained model by name, in the model's order."""
    weights: WeightMap
    tuned: Callable[[], Tensors]
    """The same ones of the fine-tuned model. Raises ConfigError where there is none."""

    @property
    def sizes(self) -> dict[str, int]:
        return {name: tensor.numel() for name, tensor in self.pretrained.items()}


Finder = Callable[[Ground, RegionConfig], Region]
"""Finds the region that a config names. Raises ConfigError."""


def find(ground: Ground, config: RegionConfig) -> Region:
    """The region that `config` names. Raises ConfigError where it has no weights."""
    region = finder(config.source)(ground, config)
    if len(region):
        return region
    raise ConfigError(
        f"region.source = {config.source}: the region holds none of the {region.maskable:,} "
        "maskable weights",
        "name another region, or freeze less (freeze.*)",
    )


def finder(source: str) -> Finder:
    """The code of a source. Raises ConfigError where its entry names what is not there."""
    code = region_sources()[source].finder
    whose = f"the source {source} of regions"
    return cast(Finder, code_at(code, whose, "mend its entry (engine.contract.regions)"))


def all_of(ground: Ground, names: Iterator[str] | list[str]) -> Region:
    """Tensors as a whole."""
    sizes = ground.sizes
    return Region({name: torch.arange(sizes[name]) for name in names if sizes[name]}, sizes)


def strongest(scores: Iterator[torch.Tensor], sizes: dict[str, int], s: int) -> Region:
    """The `s` weights with the largest scores, all tensors competing; among equals the first.

    `scores`: of each tensor of `sizes`, in that order, of any shape.
    """
    flat = torch.cat([score.flatten() for score in scores])  # (P,)
    return from_mask(top(flat, s).cpu(), sizes)


def from_mask(mask: torch.Tensor, sizes: dict[str, int]) -> Region:
    """The region that flat indices (s,), sorted, over all tensors of `sizes` make up."""
    indices = {}
    for name, start in _starts(sizes).items():
        low, high = torch.searchsorted(mask, torch.tensor([start, start + sizes[name]]))
        if low < high:
            indices[name] = mask[low:high] - start
    return Region(indices, sizes)


def _starts(sizes: Mapping[str, int]) -> dict[str, int]:
    starts, start = {}, 0
    for name, size in sizes.items():
        starts[name] = start
        start += size
    return starts
