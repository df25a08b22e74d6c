"""Kinds of runs: one file each, which registers itself; importing this package imports them all.

Owns what an entry says: what a run of the kind is told, what it is made from, what it scores, what
is refused and remarked when it is planned. How it is done is in engine/kinds/NAME.py, and how it is
shown in graftui/kinds/NAME.py.
"""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from engine.contract.model_folder import Trouble
from engine.contract.sections import RunConfig

__all__ = ["Kind", "Reason", "Role", "Trouble", "kinds", "register_kind"]

Reason = tuple[tuple[str, ...], str]
"""Settings, and beside what they have no effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Something that runs of a kind are made from: another run's result, or a path."""

    name: str
    """As in a recipe, `inputs.NAME`, and in what the registry has of the run."""
    setting: str
    """Which gets the path of what is read, such as "finetuned.path"; a list, where `many`."""
    file: str = ""
    """What is read of another run's folder, such as "checkpoint". Empty: of no run, of paths."""
    of: tuple[str, ...] = ()
    """Kinds of the runs that will do; none: any."""
    digest: str = ""
    """Setting that gets the hash of the other run's config; a list, where `many`."""
    inherits: tuple[str, ...] = ()
    """Sections that are as in the other run's config where nothing else is said."""
    many: bool = False
    named: bool = False
    """Whether the setting may name a run, whose file is then read."""


def _nothing(*_: Any) -> Any:
    return ()


def _no_trouble(config: Any, *_: Collection[str]) -> Trouble:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of run."""

    config: type[RunConfig]
    """Its `kind` has the name as its default."""
    title: str
    """What it does, in a few words."""
    roles: tuple[Role, ...] = ()
    stages: tuple[str, ...] = ()
    """What it scores, in the order in which it comes about."""
    check: Callable[[Any, Collection[str]], Trouble] = _no_trouble
    """The first trouble that can be seen of a config before it starts; given the names of the
    roles that other runs fill, which may have to come first."""
    check_given: Callable[[Any, Collection[str], Collection[str]], Trouble] = _no_trouble
    """Settings that somebody gives now though the config has no use for them: of the paths that a
    recipe has, and of those that override it."""
    remarks: Callable[[Any], Iterable[str]] = _nothing
    """What may not be as it was meant, a sentence each without a full stop."""
    idle: Callable[[Any], Iterable[Reason]] = _nothing
    """Settings that have no effect beside others."""

    @property
    def name(self) -> str:
        """As configs and the command line have it."""
        return str(self.config.model_fields["kind"].default)


_ENTRIES: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Make a kind known. Raises ValueError if its name is taken."""
    if _ENTRIES.get(kind.name, kind) != kind:
        raise ValueError(f"there is a kind {kind.name!r} already")
    _ENTRIES[kind.name] = kind


def kinds() -> dict[str, Kind]:
    """All that are registered by now, by name, in the order in which they were."""
    return dict(_ENTRIES)


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
