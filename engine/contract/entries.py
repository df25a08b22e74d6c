"""Entries by name: what localizers, methods, sources of regions and kinds have in common.

Each is registered by a file of its own, under a name that is its alone. What an entry says, and
whether their order counts, is the business of the package that lists them.
"""

import importlib
import pkgutil
from typing import Any, TypeVar

E = TypeVar("E")


def put(entries: dict[str, E], name: str, entry: E, sort: str) -> None:
    """Make `entry` known, a `sort` of thing. Raises ValueError if another has its name: importing
    a file again is no fault.
    """
    if entries.get(name, entry) != entry:
        raise ValueError(f"there is a {sort} {name!r} already")
    entries[name] = entry


def in_order(entries: dict[str, E]) -> dict[str, E]:
    """Those that are known by now, in the order of the alphabet."""
    return dict(sorted(entries.items()))


def import_files(package: str, path: Any) -> None:
    """Import each file of a package, of which each registers what it has."""
    for module in pkgutil.iter_modules(path):
        importlib.import_module(f"{package}.{module.name}")
