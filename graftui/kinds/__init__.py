"""How each kind of run is shown: one file a kind, which registers itself.

Owns what tables and charts say of a kind beyond what all kinds have in common: what its stages are
called, whose weights they score, which of them is its result. A kind without a file here is shown
by its own words. What a run of it is told is in engine.contract.kinds, how it is done in
engine.kinds. Imports nothing of the contract: a list of runs has no time for that.
"""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from graphlib import TopologicalSorter
from typing import Any

__all__ = [
    "Card",
    "Grid",
    "Pace",
    "Shown",
    "Stage",
    "entries",
    "main_figure",
    "register",
    "shown",
    "stage_of",
    "stages",
]


@dataclass(frozen=True, slots=True)
class Stage:
    """Some weights that a run scores."""

    name: str
    title: str
    """In words; may hold "{localizer}"."""
    of: str = ""
    """Role of the input whose weights these are; empty: the run's own."""
    settings: tuple[str, ...] = ()
    """Settings of the run that still had a part in the weights of an input."""
    localizer: str = ""
    """The setting that says what chose the weights, where that is not graft.localizer."""
    judged_by: tuple[str, ...] = ()
    """The stages by whose score it is chosen, the first that the run has; empty: its own."""
    chart: str = ""
    """What is drawn over the size of a graft; empty: has no size."""
    stands_out: bool = False
    """Whether tables set it in bold."""
    by_chance: bool = False
    """Whether its weights are drawn at random, whatever the settings are."""

    @property
    def named_by_localizer(self) -> bool:
        """Whether its title says what chose the weights."""
        return "{localizer}" in self.title

    @property
    def whole(self) -> bool:
        """Whether it is the model of an input as it is."""
        return bool(self.of) and not self.settings


@dataclass(frozen=True, slots=True)
class Pace:
    """How far some curves of a run are to go."""

    phases: tuple[str, ...]
    """What stands before the slash of their names."""
    steps: str
    """The setting that says how many steps there are to be."""
    examples: str
    """The setting that says how many examples a step takes."""


@dataclass(frozen=True, slots=True)
class Card:
    """Something that a run came to, beside its scores."""

    title: str
    figures: tuple[tuple[str, str, float], ...]
    """What each is called, the score whose figure it is written as, and its value."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of what a run came to."""

    title: str
    heads: tuple[str, ...]
    rows: "tuple[tuple[GridCell, ...], ...]"
    """Of as many cells as there are heads; the first says whose row it is."""


GridCell = str | tuple[str, float | None]
"""Text, or the score whose figure a value is written as, and the value."""
Result = Mapping[str, Any]
"""What a run's result.json says: nothing in it is known to be what it should be."""


def _by_kind(config: Mapping[str, Any]) -> str:
    return ""


def _no_cards(result: Result) -> Sequence[Card]:
    return ()


def _no_grids(result: Result) -> Sequence[Grid]:
    return ()


def _all_used(config: Mapping[str, Any]) -> Collection[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A kind of run, as it is shown."""

    kind: str
    stages: tuple[Stage, ...] = ()
    """In the order in which they come about."""
    result: tuple[str, ...] = ()
    """The stages that may be the run's result: the first that it has is."""
    foretold_by: tuple[str, ...] = ()
    """Curves that foretell the result while the run is at work, the first that it has."""
    dev_of: str = ""
    """The stage whose score on dev is the `dev` of the summary."""
    paces: tuple[Pace, ...] = ()
    """Of its curves, as far as anybody knows."""
    cards: Callable[[Result], Sequence[Card]] = _no_cards
    """What the page of a run says of its result, beside its scores. A result that is not what it
    should be has no card."""
    grids: Callable[[Result], Sequence[Grid]] = _no_grids
    """The same as tables."""
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Label of a score -> the setting that it is a value of, then those that list several, beside
    which the first is not used."""
    makes: Callable[[Mapping[str, Any]], str] = _by_kind
    """Of a stored config: what its run makes, in words; empty: nothing that the kind does not say.
    Of a config that another version wrote, too: it need not be valid."""
    unused: Callable[[Mapping[str, Any]], Collection[str]] = _all_used
    """Of a stored config: fields of the kind's own, and of sections by their path, that its run
    makes no use of."""


_ENTRIES: dict[str, Shown] = {}


def register(entry: Shown) -> None:
    """Have runs of a kind shown as `entry` says."""
    _ENTRIES[entry.kind] = entry


def entries() -> tuple[Shown, ...]:
    """All that are registered."""
    return tuple(_ENTRIES.values())


def shown(kind: str) -> Shown:
    """How runs of `kind` are shown, which may be one that nobody here knows."""
    return _ENTRIES.get(kind) or Shown(kind=kind)


def main_figure(kind: str, summary: Mapping[str, float]) -> float | None:
    """The score by which the result of a run is known at a glance, a share, of its summary; None:
    it has none.
    """
    return next((summary[stage] for stage in shown(kind).result if stage in summary), None)


def stages() -> Mapping[str, Stage]:
    """Name -> stage, of all kinds, each after those that come before it in any kind."""
    return _in_order(tuple(entry.stages for entry in _ENTRIES.values()))


@cache
def _in_order(kinds: tuple[tuple[Stage, ...], ...]) -> Mapping[str, Stage]:
    known: dict[str, Stage] = {}
    order: TopologicalSorter[str] = TopologicalSorter()
    for of_kind in kinds:
        for before, stage in zip((None, *of_kind), of_kind, strict=False):
            known.setdefault(stage.name, stage)
            order.add(stage.name, *([before.name] if before else []))
    return {name: known[name] for name in order.static_order()}


def stage_of(kind: str, name: str) -> Stage:
    """A stage of a kind, either of which may be unknown."""
    return next((s for s in shown(kind).stages if s.name == name), Stage(name, name))


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
