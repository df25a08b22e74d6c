"""A list to choose one thing from: a recipe, an order."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option as Line

from graftui.text import visible
from graftui.tui.text import cut, data

_TITLE = 40
"""Cells of a title, at most."""


@dataclass(frozen=True, slots=True)
class Option:
    """One of the things."""

    key: str
    title: str
    text: str
    """What it is, in a few words."""


def _title(option: Option) -> str:
    return cut(visible(option.title), _TITLE)


class ChoiceScreen(ModalScreen[str | None]):
    """Returns the key of what was chosen, or None."""

    BINDINGS = [
        Binding("escape", "dismiss(None)", "Back"),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]

    def __init__(self, question: str, options: Sequence[Option], current: str = "") -> None:
        super().__init__()
        self._question = question
        self._options = options
        self._current = current

    def compose(self) -> ComposeResult:
        """The question, and a line an option."""
        width = max((cell_len(_title(option)) for option in self._options), default=0)
        with Vertical(classes="dialog"):
            yield Label(data(self._question), classes="title")
            yield OptionList(*(self._line(option, width) for option in self._options), compact=True)
            yield Label("enter choose   esc back", classes="keys")

    def _line(self, option: Option, width: int) -> Line:
        title = set_cell_size(_title(option), width)
        text = data(option.text, "$text-muted")
        return Line(Content.assemble((title, "bold"), "  ", text), id=option.key)

    def on_mount(self) -> None:
        """Begin at what is in force."""
        keys = [option.key for option in self._options]
        lines = self.query_one(OptionList)
        lines.highlighted = keys.index(self._current) if self._current in keys else 0
        lines.focus()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_down(self) -> None:
        """The next one."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """The one before."""
        self.query_one(OptionList).action_cursor_up()
