"""The places of the dashboard that a key goes to from anywhere: runs, sweeps, queue.

Owns how one gets there: whatever lies over the runs is left. What a place imports is imported in a
thread: the first paint, and the keys meanwhile, do not wait for pydantic.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from textual.message import Message

from graftui.tui.live import LiveScreen
from graftui.tui.verbs.opening import opening

_SCREENS = {
    "sweeps": ("graftui.tui.sweeps.screen", "SweepsScreen"),
    "queue": ("graftui.tui.queue.screen", "QueueScreen"),
}
"""Place -> the module and the name of its screen."""


@dataclass
class Loaded(Message):
    """A place can be gone to."""

    screen: Callable[..., LiveScreen[Any]]


def go(home: LiveScreen[Any], where: str) -> None:
    """Go there; `home`: the runs, on which all else lies."""
    if where in _SCREENS and type(home.app.screen).__name__ == _SCREENS[where][1]:
        return
    if home not in home.app.screen_stack:  # a key that was pressed before it was there
        return
    while home.app.screen is not home:
        home.app.pop_screen()
    if where in _SCREENS:
        job = partial(_load, *_SCREENS[where])
        opening(home, f"Opening the {where}", job, partial(_arrive, home))


def _load(module: str, name: str) -> Loaded:
    return Loaded(getattr(import_module(module), name))


def _arrive(home: LiveScreen[Any], loaded: Loaded) -> None:
    home.app.push_screen(loaded.screen(home.settings, home.reader))
