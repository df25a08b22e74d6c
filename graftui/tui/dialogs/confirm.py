"""The question before something is lost. The safe answer has the focus."""

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Label

from graftui.text import visible_lines
from graftui.tui.text import data


class ConfirmScreen(ModalScreen[bool]):
    """Returns whether to go ahead."""

    BINDINGS = [
        Binding("y", "dismiss(True)", "Yes"),
        Binding("n,escape,q", "dismiss(False)", "No"),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(self, question: str, text: str, verb: str) -> None:
        super().__init__()
        self._question = question
        self._text = text
        self._verb = verb

    def compose(self) -> ComposeResult:
        """Question, consequence, two buttons."""
        with Vertical(classes="dialog"):
            yield Label(data(self._question), classes="title")
            yield Label(Content(visible_lines(self._text)))
            with Horizontal(classes="buttons"):
                yield Button("No (n)", id="no", compact=True)
                yield Button(f"{self._verb} (y)", id="yes", variant="error", compact=True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")
