"""The weights of a skill file: where a graft was cut, or an earlier retraining took place."""

from pathlib import Path

from engine.contract.regions.section import RegionConfig
from engine.errors import ConfigError
from engine.graft.info import SkillError
from engine.graft.regions import Ground, Region
from engine.graft.skill import load


def find(ground: Ground, config: RegionConfig) -> Region:
    """The indices of `config.mask`; its values have no part. Raises ConfigError."""
    return region_at(config.mask, ground.sizes, "region.mask")


def region_at(path: str, sizes: dict[str, int], setting: str) -> Region:
    """Where the entries of a skill file lie among tensors of `sizes`. Raises ConfigError, of the
    `setting` that names the file, if it cannot be read, has none, or has others.
    """
    try:
        skill = load(Path(path).expanduser())
    except SkillError as error:
        raise ConfigError(f"{setting}: {error.message}", error.hint) from None
    if not skill.indices:
        raise ConfigError(
            f"{setting}: {path} holds no weights", "give the skill file of a graft that has some"
        )
    for name, index in skill.indices.items():
        if sizes.get(name, 0) <= int(index[-1]):
            raise ConfigError(
                f"{setting}: the stored mask holds weights of {name}, which are not among the "
                "maskable ones",
                "use the freeze.* settings and the model of the run that the mask is from",
            )
    return Region({name: skill.indices[name] for name in sizes if name in skill.indices}, sizes)
