"""Kinds of runs: one file each, which registers itself; importing this package imports them all.

Owns what an entry says: what a run of the kind is told, what it is made from, what it scores, what
is refused and remarked when it is planned. How it is done is in engine/kinds/NAME.py, and how it is
shown in graftui/kinds/NAME.py.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from engine.contract.entries import import_files, in_order, put
from engine.contract.made_from import Role
from engine.contract.model_folder import Trouble
from engine.contract.sections import RunConfig

__all__ = ["Kind", "Reason", "Role", "Trouble", "kinds", "register_kind"]

Reason = tuple[tuple[str, ...], str]
"""Settings, and beside what they have no effect."""


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
    put(_ENTRIES, kind.name, kind, "kind")


def kinds() -> dict[str, Kind]:
    """All that are registered by now, by name, in the order of the alphabet."""
    return in_order(_ENTRIES)


import_files(__name__, __path__)
