"""What is shown while something is opened that takes a while: a recipe, a form, a comparison.

The keys are its own meanwhile: who leaves it does not have a screen pop up later.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Label

from graftui.tui.background import leave, start
from graftui.tui.messages import Trouble
from graftui.tui.text import cut, data

_WIDEST = 400
_AT_ONCE_S = 0.3
"""What takes no longer opens without a word."""


Came = TypeVar("Came", bound=Message)


class OpeningScreen(ModalScreen["Came | Trouble | None"], Generic[Came]):
    """Returns what the job came to, or None if the user left."""

    BINDINGS = [Binding("escape,q", "dismiss(None)", "Back")]

    @dataclass
    class Done(Message):
        """The job has come to an end."""

        result: Any

    def __init__(self, what: str, job: Callable[[], Came]) -> None:
        super().__init__(classes="-hidden")
        self._what = what
        self._job = job

    def compose(self) -> ComposeResult:
        """A line, and how to leave."""
        with Vertical(classes="dialog"):
            yield Label(data(f"{cut(self._what, _WIDEST)} …"))
            yield Label("esc back", classes="keys")

    def on_mount(self) -> None:
        """Begin, and say so if it takes a while."""
        self.set_timer(_AT_ONCE_S, lambda: self.remove_class("-hidden"))
        start(self, "opening", lambda: self.Done(self._job()), looks=True)

    @on(Done)
    def _done(self, event: Done) -> None:
        leave(self, event.result)

    @on(Trouble)
    def _trouble(self, event: Trouble) -> None:
        event.stop()
        leave(self, event)
