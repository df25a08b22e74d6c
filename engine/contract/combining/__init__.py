"""Ways to combine skills, a small file each; importing this package registers them.

Owns the list of their entries, which every other list of them is made from: the choices of
`combine.method`, what is refused beside one, docs/combining.md. An entry names its code, which
needs torch: the engine alone imports it (engine/graft/combining).
"""

import importlib
import pkgutil
from dataclasses import dataclass

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
    if _ENTRIES.get(entry.name, entry) != entry:
        raise ValueError(f"there is a method {entry.name!r} already")
    _ENTRIES[entry.name] = entry


def methods() -> dict[str, Method]:
    """All that are registered by now, by name, in the order of the alphabet."""
    return dict(sorted(_ENTRIES.items()))


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
