"""Whole layers."""

from engine.contract.regions.section import RegionConfig
from engine.errors import ConfigError
from engine.graft.regions import Ground, Region, all_of
from engine.models import WeightMap


def find(ground: Ground, config: RegionConfig) -> Region:
    """All maskable weights of `config.layers`. Raises ConfigError for a layer that is not there."""
    wanted = numbers(ground.weights, config.layers)
    places = ground.weights.places(ground.pretrained)
    return all_of(ground, [name for name, at in places.items() if at.layer in wanted])


def numbers(weights: WeightMap, layers: tuple[int, ...]) -> set[int]:
    """Layers from the bottom, from 0, of those that may be counted from the top, from -1."""
    there = len(weights.layers)
    if beyond := [number for number in layers if not -there <= number < there]:
        raise ConfigError(
            f"region.layers: there is no layer {beyond[0]}",
            f"this model has layers 0 to {there - 1}",
        )
    return {number % there for number in layers}
