"""Modules by name: all queries, say, or the attention of one layer."""

from engine.contract.regions.section import RegionConfig
from engine.errors import ConfigError
from engine.graft.regions import Ground, Region, all_of
from engine.graft.regions.layer import numbers


def find(ground: Ground, config: RegionConfig) -> Region:
    """All maskable weights of `config.modules`, in `config.layers` alone where there are some.

    A module is named by its path within the layer, or any part of that between dots. Raises
    ConfigError for a name that no module has.
    """
    layers = numbers(ground.weights, config.layers)
    places = ground.weights.places(ground.pretrained)
    named: list[str] = []
    for module in config.modules:
        inside = [name for name, at in places.items() if f".{module}." in f".{at.module}."]
        if not inside:
            there = sorted({at.module for at in places.values()})
            raise ConfigError(
                f"region.modules: no module with maskable weights is called {module!r}",
                f"there are {', '.join(there)}",
            )
        named += inside
    kept = [name for name in places if name in {*named}]
    return all_of(ground, [name for name in kept if not layers or places[name].layer in layers])
