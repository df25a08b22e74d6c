"""Chance: what a region has to beat, weights drawn with its own counts in each tensor."""

import torch

from engine.contract.regions.section import RegionConfig
from engine.graft import regions
from engine.graft.regions import Ground, Region


def find(ground: Ground, config: RegionConfig) -> Region:
    """As many weights of each tensor as the region `config.like` has there, each set of them as
    likely, by `config.seed`. It may meet that region, as chance has it.
    """
    like = regions.find(ground, config.model_copy(update={"source": config.like}))
    return alike(like, config.seed)


def alike(region: Region, seed: int) -> Region:
    """A region with the counts of `region` in each tensor, and otherwise of chance alone."""
    generator = torch.Generator().manual_seed(seed)
    drawn = {}
    for name, size in region.sizes.items():
        if (count := region.counts.get(name, 0)) > 0:
            drawn[name] = torch.randperm(size, generator=generator)[:count].sort().values
    return Region(drawn, region.sizes)
