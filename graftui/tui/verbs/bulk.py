"""Work on many runs at once: it goes on whatever screen is open, and is told when it is done."""

from collections.abc import Callable
from typing import Any

from textual.message import Message

from graftui.tui.background import start
from graftui.tui.live import LiveScreen
from graftui.tui.progress import ProgressLine

_MANY = 20
"""Runs from which on it is worth saying how far it is."""


def bulk(
    screen: LiveScreen[Any],
    what: str,
    number: int,
    job: Callable[[Callable[[int], object]], Message],
) -> None:
    """Do `job`, which says of how many of `number` runs it is done."""
    line = ProgressLine(what, number)
    if number >= _MANY:
        screen.mount(line)

    def whole() -> Message:
        try:
            return job(line.reached)
        finally:
            line.over()

    start(screen.app, what, whole)
