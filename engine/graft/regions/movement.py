"""The weights that moved most in the full fine-tuning."""

from engine.contract.regions.section import RegionConfig
from engine.graft.mask import budget
from engine.graft.regions import Ground, Region, strongest


def find(ground: Ground, config: RegionConfig) -> Region:
    """The top s of |theta_ft - theta_pre|: the base patch of Panigrahi et al. 2023, section 2."""
    tuned, sizes = ground.tuned(), ground.sizes
    moved = (tuned[name].sub(before).abs_() for name, before in ground.pretrained.items())
    return strongest(moved, sizes, budget(config.sparsity, sum(sizes.values()), "region.sparsity"))
