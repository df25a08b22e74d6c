"""BitFit: the biases."""

from engine.contract.regions.section import RegionConfig
from engine.errors import ConfigError
from engine.graft.regions import Ground, Region, all_of


def find(ground: Ground, config: RegionConfig) -> Region:
    """All maskable biases, those of norms too: what Ben Zaken et al. 2022 ("BitFit", section 2)
    train beside the task's own head. Raises ConfigError if there are none.
    """
    names = [name for name in ground.pretrained if name in ground.weights.biases]
    if not names:
        raise ConfigError(
            "region.source = biases, but this model has no biases in what is not frozen",
            "models like Llama have none; name another region",
        )
    return all_of(ground, names)
