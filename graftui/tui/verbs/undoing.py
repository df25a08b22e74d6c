"""What was done in this window and can be taken back, step by step, the last one first.

A step that cannot be taken back stays, so that it can be tried again.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from graftui.errors import GraftuiError
from graftui.settings import Settings
from graftui.tui.live import LiveScreen
from graftui.tui.messages import Told
from graftui.tui.verbs.bulk import bulk

NOTHING = "Nothing to take back. `graftui undo` brings back what was deleted last."


@dataclass(frozen=True, slots=True)
class Step:
    """Something that can be taken back."""

    what: str
    """"+paper of 3 runs"."""
    number: int
    """Of runs."""
    back: Callable[[Settings, Callable[[int], object]], Told]
    """The job that takes it back, and says how far it is."""


class Steps:
    """Those of one session."""

    def __init__(self) -> None:
        self._steps: list[Step] = []

    def add(self, step: Step | None) -> None:
        """The user did something; None: that cannot be taken back."""
        if step is not None:
            self._steps.append(step)

    def undo(self, screen: LiveScreen[Any]) -> None:
        """Take back the last one."""
        if not self._steps:
            screen.notify(NOTHING, severity="warning")
            return
        step = self._steps.pop()
        job = partial(self._take_back, step, screen.settings)
        bulk(screen, f"Taking back {step.what}", step.number, job)

    def _take_back(self, step: Step, settings: Settings, reached: Callable[[int], object]) -> Told:
        try:
            return step.back(settings, reached)
        except (GraftuiError, sqlite3.Error, OSError):
            self._steps.append(step)
            raise
