"""Regions: sets of maskable weights, by where each comes from; what names one is a [region].

Owns the list of sources, which every other list of them is made from: the choices of
`region.source`, what each reads, docs/retrain.md. An entry names its code, which needs torch: the
engine alone imports it (engine/graft/regions).
"""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from engine.contract.identity import said_of
from engine.contract.model_folder import Trouble
from engine.contract.sections import Registered, Section, Sparsity

__all__ = [
    "RegionConfig",
    "RegionSource",
    "check_region",
    "reads",
    "region_sources",
    "register_source",
    "unused",
]

MASK, FINETUNED = "mask", "finetuned"
"""What a region may be read from: roles of the kinds that have a region."""


@dataclass(frozen=True, slots=True)
class RegionSource:
    """Where a region comes from."""

    name: str
    """As in `region.source`."""
    holds: str
    """Which weights; its line in docs/retrain.md."""
    finder: str
    """`module:function`, an `engine.graft.regions.Finder`."""
    uses: tuple[str, ...] = ()
    """Settings of [region] that it reads."""
    reads: tuple[str, ...] = ()
    """Roles that it reads whatever its settings are."""


_SOURCES: dict[str, RegionSource] = {}


def register_source(source: RegionSource) -> None:
    """Make `source` known. Raises ValueError if its name is taken."""
    if _SOURCES.get(source.name, source) != source:
        raise ValueError(f"there is a source {source.name!r} of regions already")
    _SOURCES[source.name] = source


def region_sources() -> dict[str, RegionSource]:
    """All that are registered by now, by name, in the order of the alphabet."""
    return dict(sorted(_SOURCES.items()))


def _register(name: str, holds: str, uses: str = "", reads: str = "") -> None:
    finder = f"engine.graft.regions.{name}:find"
    register_source(RegionSource(name, holds, finder, tuple(uses.split()), tuple(reads.split())))


_register("skill", "those of a skill file, or of a run that wrote one", "mask", MASK)
_register(
    "random",
    "as many of each tensor as the region `region.like` has there, drawn by `region.seed`",
    "like seed",
)
_register("movement", "the largest \\|tuned - pretrained\\|", "sparsity", FINETUNED)
_register(
    "magnitude",
    "the largest \\|pretrained\\| or \\|tuned\\| (`region.magnitude_of`): lottery tickets",
    "sparsity magnitude_of",
)
_register("biases", "all biases, those of norms too (BitFit)")
_register("layer", "all of the layers `region.layers`, counted from the bottom", "layers")
_register(
    "module",
    "all of the modules `region.modules`; of the layers `region.layers` alone, where some are said",
    "modules layers",
)
_register("everything", "all that is maskable: with it a retraining is the fine-tuning")


class RegionConfig(Section):
    """Which weights: a region of the maskable ones."""

    source: Annotated[str, Registered(region_sources)] = Field(
        "skill", description="Where the region comes from (docs/retrain.md)"
    )
    mask: str = Field(
        "",
        description="Skill file, or a run that wrote one (skill, and random that is like it)",
        json_schema_extra={"idle": ""},
    )
    mask_hash: str = Field(
        "",
        description="Hash of the config of the run that the mask is from",
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
        """What the source does not read; the mask's path, where the run that wrote it is known."""
        path = ("mask",) if self.mask_hash else ()
        return (*unused(self), *path)


def chain(config: RegionConfig) -> tuple[RegionSource, ...]:
    """The source, and the one whose counts it takes over."""
    known = region_sources()
    named = (config.source, config.like) if config.source == "random" else (config.source,)
    return tuple(known[name] for name in named)


def unused(config: RegionConfig) -> tuple[str, ...]:
    """Settings of [region] that its source does not read."""
    used = {name for source in chain(config) for name in source.uses}
    used |= {"mask_hash"} if "mask" in used else set()
    fields = RegionConfig.model_fields.items()
    return tuple(name for name, info in fields if "idle" in said_of(info) and name not in used)


def reads(config: RegionConfig) -> tuple[str, ...]:
    """The roles that the region is read from."""
    sources = chain(config)
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
    used = {name for source in chain(config) for name in source.uses}
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
        elif not Path(os.path.expanduser(config.mask)).is_file():
            yield f"region.mask = {config.mask!r}: there is no such file", "give a skill file"
