"""The keys of the dashboard: which there are where one is, and which of them a user has changed.

A binding with an id is one of ours: help, palette and footer are made from them, and `[keys]` of
graftui.toml gives it other keys, by that id. A binding's tooltip says what it does, in a sentence.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from textual.binding import Binding, BindingsMap
from textual.dom import DOMNode
from textual.screen import Screen

from graftui.errors import UsageError
from graftui.settings import FILE, KEYS, tables

SECTIONS = {
    "runs": "Runs", "run": "The run", "compare": "Comparison", "sweeps": "Sweeps",
    "sweep": "Sweep", "queue": "Queue", "form": "Form", "dialog": "Dialog", "move": "Moving",
    "window": "Window", "commands": "Your commands",
}  # fmt: skip
"""What stands before the dot of an id -> its title in the help."""


@dataclass(frozen=True, slots=True)
class Key:
    """Something that a key does where one is."""

    id: str
    shown: str
    """Its keys as one reads them."""
    title: str
    text: str
    """What it does, in a sentence."""
    action: str
    owner: DOMNode
    """Whose action it is."""

    @property
    def section(self) -> str:
        """Under which title it stands."""
        return SECTIONS[self.id.partition(".")[0]]


def keys_of(screen: Screen[Any]) -> list[Key]:
    """All that keys do on a screen, with what has the focus; dialogs on it aside."""
    bindings: dict[str, tuple[Binding, DOMNode, list[str]]] = {}
    for pressed, active in screen.active_bindings.items():
        if active.binding.id:
            _, _, shown = bindings.setdefault(active.binding.id, (active.binding, active.node, []))
            shown.append(screen.app.get_key_display(active.binding.with_key(pressed)))
    keys = [
        Key(id, "  ".join(dict.fromkeys(shown)), binding.description, binding.tooltip,
            binding.action, owner)
        for id, (binding, owner, shown) in bindings.items()
    ]  # fmt: skip
    order = list(SECTIONS.values())
    return sorted(keys, key=lambda key: order.index(key.section))


def remapped(file: Path) -> dict[str, str]:
    """Id -> its keys, as `[keys]` of a graftui.toml has them. Raises UsageError."""
    keymap: dict[str, str] = {}
    table = tables(file).get(KEYS, {})
    known = bindings() if table else {}
    for id, keys in _flat(table):
        if id not in known:
            hint = "Press ? or ctrl+p in the dashboard; docs/dashboard.md has the names of all."
            raise UsageError(f"{file}: [keys] has {id!r}, which is no key's name.", hint)
        if not isinstance(keys, str) or not keys.strip():
            raise UsageError(f"{file}: {id} should be a key, such as \"x\" or \"f5,ctrl+n\".",
                             "Correct it, or leave it out.")  # fmt: skip
        keymap[id] = keys
    return keymap


def conflicts(keymap: Mapping[str, str]) -> Iterator[str]:
    """What two keys of the same place would both do, a sentence each."""
    takes: dict[tuple[str, str], str] = {}
    for id, binding in bindings().items():
        section = id.partition(".")[0]
        for key in BindingsMap([Binding(keymap.get(id, binding.key), "")]).key_to_bindings:
            other = takes.setdefault((section, key), id)
            if other != id and not {id, other}.isdisjoint(keymap):
                yield f"{key} is both {other} and {id} by [keys] of {FILE}: one of them has no key."


@cache
def bindings() -> dict[str, Binding]:
    """All that have an id, on every screen and widget of the dashboard, by id."""
    import graftui.tui  # here: it is imported by the modules that it has imported

    for module in pkgutil.walk_packages(graftui.tui.__path__, "graftui.tui."):
        importlib.import_module(module.name)
    named: dict[str, Binding] = {}
    classes: list[type] = [DOMNode]
    while classes:
        owner = classes.pop()
        classes += owner.__subclasses__()
        if owner.__module__.startswith("graftui.tui."):
            own = [each for each in vars(owner).get("BINDINGS", ()) if isinstance(each, Binding)]
            named |= {each.id: each for each in own if each.id}
    return named


def _flat(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """`runs.new = "a"` is a table within a table to TOML."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value
