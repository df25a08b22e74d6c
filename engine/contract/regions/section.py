"""The section of a config that names a region, and what can be seen of it before a run starts."""

from collections.abc import Collection, Iterator
from typing import Annotated, Literal

from pydantic import Field

from engine.contract.identity import said_of
from engine.contract.made_from import check_skills
from engine.contract.model_folder import Trouble
from engine.contract.regions import FINETUNED, MASK, RegionSource, chain, region_sources
from engine.contract.sections import Registered, Section, Sparsity


class RegionConfig(Section):
    """Which weights: a region of the maskable ones."""

    source: Annotated[str, Registered(region_sources)] = Field(
        "skill", description="Where the region comes from (docs/retrain.md)"
    )
    mask: str = Field(
        "",
        description="Skill file, or a run that wrote one (skill, and random that is like it)",
        json_schema_extra={"idle": "", "hashed": False},
    )
    mask_hash: str = Field(
        "",
        description="Hash of the config that the mask was made with, or of its content",
        json_schema_extra={"idle": ""},
    )
    like: Annotated[str, Registered(region_sources)] = Field(
        "skill",
        description="Source of the region whose counts in each tensor a random one has",
        json_schema_extra={"idle": "skill"},
    )
    sparsity: Sparsity = Field(
        1e-4,
        description="Size (movement, magnitude): a fraction of the maskable weights, or a count",
        json_schema_extra={"idle": 1e-4},
    )
    magnitude_of: Literal["pretrained", "finetuned"] = Field(
        "pretrained",
        description="Whose weights are the largest (magnitude)",
        json_schema_extra={"idle": "pretrained"},
    )
    layers: tuple[int, ...] = Field(
        (),
        description="Layers from the bottom, from 0; from the top, from -1",
        json_schema_extra={"idle": []},
    )
    modules: tuple[str, ...] = Field(
        (),
        description="Modules by their paths or a part of these, such as attention, query, "
        "attention.output.dense",
        json_schema_extra={"idle": []},
    )
    seed: int = Field(
        0, ge=0, lt=2**32, description="Of what is drawn (random)", json_schema_extra={"idle": 0}
    )

    def idle(self) -> tuple[str, ...]:
        """What the source does not read."""
        return unused(self)


def _sources(config: RegionConfig) -> tuple[RegionSource, ...]:
    return chain(config.source, config.like)


def unused(config: RegionConfig) -> tuple[str, ...]:
    """Settings of [region] that its source does not read."""
    used = {name for source in _sources(config) for name in source.uses}
    fields = RegionConfig.model_fields.items()
    return tuple(name for name, info in fields if "idle" in said_of(info) and name not in used)


def reads(config: RegionConfig) -> tuple[str, ...]:
    """The roles that the region is read from."""
    sources = _sources(config)
    roles = [role for source in sources for role in source.reads]
    if any("magnitude_of" in source.uses for source in sources):
        roles += [FINETUNED] if config.magnitude_of == "finetuned" else []
    return tuple(dict.fromkeys(roles))


def check_region(config: RegionConfig, linked: Collection[str]) -> Trouble:
    """A region that can be seen to have no weights, or a mask that is not there; `linked`: the
    roles that other runs fill."""
    return next(_troubles(config, linked), None)


def _troubles(config: RegionConfig, linked: Collection[str]) -> Iterator[Trouble]:
    if config.source == "random" and config.like == "random":
        yield (
            "region.like = random: a random region takes over the counts of another one",
            "set region.like to skill, or to another source",
        )
    used = {name for source in _sources(config) for name in source.uses}
    if "modules" in used and not config.modules:
        yield "region.modules is empty", "name modules as `graftui model show` does: query"
    elif "layers" in used and "modules" not in used and not config.layers:
        yield "region.layers is empty", "name layers from the bottom, from 0: region.layers=0,1"
    if "mask" in used and MASK not in linked:
        if not config.mask:
            yield (
                f"region.source = {config.source}: region.mask is empty",
                'link it to a run in the recipe (inputs.mask = "graft"), or give a skill file or '
                "a run's id",
            )
        elif trouble := check_skills("region.mask", [config.mask]):
            yield trouble
