"""Ways to combine skills, a small file each; importing this package registers them.

Owns the list of their entries, which every other list of them is made from: the choices of
`combine.method`, what is refused beside one, docs/combining.md. An entry names its code, which
needs torch: the engine alone imports it (engine/graft/combining).
"""

from dataclasses import dataclass

from engine.contract.entries import import_files, in_order, put

__all__ = ["Method", "methods", "register_method"]


@dataclass(frozen=True, slots=True)
class Method:
    """One way to make one model of several skills."""

    name: str
    """As in `combine.method`."""
    makes: str
    """What becomes of the weights; this and the source are its line in docs/combining.md."""
    source: str
    code: str
    """`module:function`, an `engine.graft.combining.Combine`."""
    uses: tuple[str, ...] = ()
    """Settings of `[combine]` that it reads, of those that are only for some methods."""


_ENTRIES: dict[str, Method] = {}


def register_method(entry: Method) -> None:
    """Make `entry` known. Raises ValueError if its name is taken."""
    put(_ENTRIES, entry.name, entry, "method")


def methods() -> dict[str, Method]:
    """All that are registered by now, by name, in the order of the alphabet."""
    return in_order(_ENTRIES)


import_files(__name__, __path__)
