"""Regions: sets of maskable weights, by where each comes from.

Owns the list of sources, which every other list of them is made from: the choices of
`region.source`, what each reads, docs/retrain.md. An entry names its code, which needs torch: the
engine alone imports it (engine/graft/regions). The settings that name a region are in section.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.contract.entries import in_order, put

__all__ = ["FINETUNED", "MASK", "RegionSource", "chain", "region_sources", "register_source"]

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
    put(_SOURCES, source.name, source, "source of regions")


def region_sources() -> dict[str, RegionSource]:
    """All that are registered by now, by name, in the order of the alphabet."""
    return in_order(_SOURCES)


def chain(source: str, like: str) -> tuple[RegionSource, ...]:
    """The source of that name, and the one whose counts it takes over, of those that are known."""
    names: Iterable[str] = (source, like) if source == "random" else (source,)
    return tuple(_SOURCES[name] for name in names if name in _SOURCES)


def _register(name: str, holds: str, uses: str = "", reads: str = "") -> None:
    finder = f"engine.graft.regions.{name}:find"
    register_source(RegionSource(name, holds, finder, tuple(uses.split()), tuple(reads.split())))


_register("skill", "those of a skill file, or of a run that wrote one", "mask mask_hash", MASK)
_register(
    "random",
    "as many of each tensor as the region `region.like` has there, drawn by `region.seed`",
    "like seed",
)
_register("movement", "the largest |tuned - pretrained|", "sparsity", FINETUNED)
_register(
    "magnitude",
    "the largest |pretrained| or |tuned| (`region.magnitude_of`): lottery tickets",
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
