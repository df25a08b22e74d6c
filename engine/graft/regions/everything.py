"""All maskable weights: what every other region is a part of."""

from engine.contract.regions.section import RegionConfig
from engine.graft.regions import Ground, Region, all_of


def find(ground: Ground, config: RegionConfig) -> Region:
    """Every maskable weight."""
    return all_of(ground, list(ground.pretrained))
