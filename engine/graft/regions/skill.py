"""The weights of a skill file: where a graft was cut, or an earlier retraining took place."""

from pathlib import Path

from engine.contract.regions.section import RegionConfig
from engine.errors import ConfigError
from engine.graft.info import SkillError
from engine.graft.regions import Ground, Region
from engine.graft.skill import Skill, load


def find(ground: Ground, config: RegionConfig) -> Region:
    """The indices of `config.mask`; its values have no part. Raises ConfigError."""
    try:
        skill = load(Path(config.mask).expanduser())
    except SkillError as error:
        raise ConfigError(f"region.mask: {error.message}", error.hint) from None
    return region_of(skill, ground.sizes, "region.mask")


def region_of(skill: Skill, sizes: dict[str, int], setting: str) -> Region:
    """Where a skill's entries lie among tensors of `sizes`. Raises ConfigError if they do not, of
    the `setting` that names it.
    """
    for name, index in skill.indices.items():
        if sizes.get(name, 0) <= int(index[-1]):
            raise ConfigError(
                f"{setting}: the stored mask holds weights of {name}, which are not among the "
                "maskable ones",
                "use the freeze.* settings and the model of the run that the mask is from",
            )
    return Region({name: skill.indices[name] for name in sizes if name in skill.indices}, sizes)
