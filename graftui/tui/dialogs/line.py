"""A line to type: a width, a value, more of an axis. What is wrong with it is said beside it.

What it comes to is worked out in a thread; who is told that it will not do can go on typing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from graftui.text import visible_lines
from graftui.tui.background import leave, start
from graftui.tui.messages import Trouble
from graftui.tui.text import cut, data

_WIDEST = 400
Came = TypeVar("Came", bound=Message)


class LineScreen(ModalScreen["Came | None"], Generic[Came]):
    """Returns what the job made of the line, or None if the user left."""

    BINDINGS = [Binding("escape", "leave", "Back", id="dialog.leave",
                        tooltip="leave it as it is")]  # fmt: skip
    DEFAULT_CSS = """
    LineScreen Input { width: 60; max-width: 100%; background: $panel; margin-bottom: 1; }
    LineScreen .note { color: $text-muted; width: 60; max-width: 100%; }
    LineScreen .note.-wrong { color: $error; }
    """

    @dataclass
    class Done(Message):
        """The job has come to an end."""

        result: Any

    def __init__(
        self, question: str, note: str, job: Callable[[str], Came], value: str = ""
    ) -> None:
        """`job` makes a message of the line, or raises what is wrong with it."""
        super().__init__()
        self._question = question
        self._note = note
        self._job = job
        self._value = value
        self._busy = False

    def compose(self) -> ComposeResult:
        """The question, the box, and what there is to say of it."""
        with Vertical(classes="dialog"):
            yield Label(data(cut(self._question, _WIDEST)), classes="title")
            yield Input(self._value, compact=True, select_on_focus=False)
            yield Label(Content(visible_lines(self._note)), classes="note")
            yield Label("enter do it   esc back", classes="keys")

    @on(Input.Changed)
    def _typed(self) -> None:
        self._say(self._note, wrong=False)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if text and not self._busy:
            self._busy = True
            self._say("…", wrong=False)
            start(self, "line", lambda: self.Done(self._job(text)))

    def action_leave(self) -> None:
        """Not while it is being done: nobody would be told what came of it."""
        if not self._busy:
            self.dismiss(None)

    @on(Done)
    def _done(self, event: Done) -> None:
        leave(self, event.result)

    @on(Trouble)
    def _trouble(self, event: Trouble) -> None:
        event.stop()
        self._busy = False
        error = event.error
        self._say("\n→ ".join(filter(None, (error.message, error.hint))), wrong=True)

    def _say(self, text: str, wrong: bool) -> None:
        note = self.query_one(".note", Label)
        note.update(Content(cut(visible_lines(text), _WIDEST)))
        note.set_class(wrong, "-wrong")
