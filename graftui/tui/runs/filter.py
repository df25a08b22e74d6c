"""The filter box. It announces what is typed, and says what is wrong with it; knows no registry."""

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from graftui.errors import GraftuiError
from graftui.tui.text import data


class FilterBar(Horizontal):
    """Where conditions and words are typed, and what is wrong with them."""

    BINDINGS = [Binding("escape", "drop", "Clear"), Binding("down", "keep", "Table", show=False)]

    @dataclass
    class Changed(Message):
        """Another filter was typed."""

        text: str

    class Left(Message):
        """The user is done here."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._leaving = False
        """The user is done here, if only the filter is right."""
        self._answer: tuple[str, GraftuiError | None] = ("", None)
        """The last filter of which it is known whether it is right."""

    def compose(self) -> ComposeResult:
        """The box, and beside it what is wrong."""
        yield Label("/")
        yield Input(
            placeholder="words, or conditions as in `graftui ls`: status=failed train.lr>=1e-3",
            compact=True,
            id="filter-text",
        )
        yield Label("", id="filter-problem")

    def answered(self, text: str, problem: GraftuiError | None) -> None:
        """Say what is wrong with the filter `text`; who is done leaves, as soon as nothing is."""
        self._complain(problem.message if problem else "")
        self._answer = (text, problem)
        self._leave()

    def _leave(self) -> None:
        text, problem = self._answer
        if not self._leaving or text != self.query_one(Input).value:
            return
        self._leaving = False
        if problem is None:
            self.post_message(self.Left())
        elif problem.excerpt:  # beside the box there is room for a sentence alone
            self.notify(f"{problem.excerpt}\n{problem.hint}", severity="error")

    def _complain(self, text: str) -> None:
        self.query_one("#filter-problem", Label).update(data(text))

    def edit(self) -> None:
        """Let the user type."""
        self.styles.display = "block"
        self.query_one(Input).focus()

    def drop(self) -> None:
        """No filter any more, and the box away."""
        self.query_one(Input).value = ""
        self._complain("")
        self.styles.display = "none"

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._leaving = False
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def action_keep(self) -> None:
        """Back to the table; the filter stays, if it is right: who typed a wrong one stays."""
        if not self.query_one(Input).value.strip():
            self.action_drop()
            return
        self._leaving = True
        self._leave()

    def action_drop(self) -> None:
        """Back to the table without a filter."""
        self.drop()
        self.post_message(self.Left())
