"""Which columns the table has, in what order and how wide: chosen from a list of all there are.

Returns them; who opened it remembers them.
"""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from graftui.results.chosen_columns import Choice
from graftui.results.columns import column
from graftui.text import visible
from graftui.tui.cells import Columns
from graftui.tui.text import cut

FIXED = "status"
"""It stays, and comes first: the mark stands beside it."""
_LEAST, _MOST = 3, 60
"""Cells of a column."""
_NAME = 28


class ColumnsScreen(ModalScreen[Columns | None]):
    """Returns the chosen columns, none for those that fit; or None."""

    BINDINGS = [
        Binding("escape", "leave", "Back", id="dialog.leave_columns",
                tooltip="leave them as they were"),
        Binding("enter", "take", "Take", id="dialog.take", priority=True,
                tooltip="have these columns; in the search, go to the list"),
        Binding("space", "take_in", "In or out", id="dialog.toggle",
                tooltip="show the column, or leave it out"),
        Binding("slash", "search", "Search", id="dialog.search", tooltip="search by name"),
        Binding("J,shift+down", "shift(1)", "Later", id="dialog.later",
                tooltip="move the column to the right"),
        Binding("K,shift+up", "shift(-1)", "Earlier", id="dialog.earlier",
                tooltip="move the column to the left"),
        Binding("greater_than_sign,right", "widen(1)", "Wider", id="dialog.wider",
                tooltip="widen the column by a cell"),
        Binding("less_than_sign,left", "widen(-1)", "Narrower", id="dialog.narrower",
                tooltip="narrow the column by a cell"),
        Binding("0", "reset", "Reset", id="dialog.reset",
                tooltip="the columns that there is room for, as at first"),
        Binding("j", "step(1)", show=False),
        Binding("k", "step(-1)", show=False),
    ]  # fmt: skip

    def __init__(self, choices: Sequence[Choice], shown: Columns) -> None:
        super().__init__()
        self._about = {choice.name: choice.about for choice in choices}
        self._widths = dict(shown)
        """Of the columns that are in, in their order."""
        self._words = ""

    def compose(self) -> ComposeResult:
        """The search, and below it those that are in, then the others."""
        with Vertical(classes="dialog tall"):
            yield Label("Columns", classes="title")
            yield Input(placeholder="/ search: a setting, a figure, a column", compact=True)
            yield OptionList(compact=True)
            yield Label(
                "space in or out  J K move  < > width  0 reset  enter take  esc back",
                classes="keys",
            )

    def on_mount(self) -> None:
        """All of them."""
        self._fill()
        lines = self.query_one(OptionList)
        lines.styles.max_height = "50vh"  # the keys below it stay in view
        lines.focus()

    # What is shown

    def _fill(self, at: str = "") -> None:
        """Show the columns that meet the search, with the cursor on `at`."""
        names = [*self._widths, *(name for name in self._about if name not in self._widths)]
        words = self._words.lower().split()
        met = [n for n in names if all(w in f"{n} {self._about.get(n, '')}".lower() for w in words)]
        lines = self.query_one(OptionList)
        lines.clear_options()
        lines.add_options([Option(self._line(name), name) for name in met])
        lines.highlighted = met.index(at) if at in met else 0 if met else None

    def _line(self, name: str) -> Content:
        width = self._widths.get(name)
        mark = " " if width is None else "✓"
        cells = "" if width is None else str(width or column(name).width or "rest")
        title = set_cell_size(cut(visible(name), _NAME), _NAME)
        about = cut(visible(self._about.get(name, "")), 60)
        style = "" if width is None else "bold"
        return Content.assemble(
            (f"{mark} ", "$success"), (title, style), (f" {cells:>4}  ", "$text-muted"),
            (about, "$text-muted"),
        )  # fmt: skip

    def _here(self) -> str:
        """Name of the column under the cursor; empty: there is none."""
        lines = self.query_one(OptionList)
        option = lines.highlighted_option
        return option.id or "" if option else ""

    @on(Input.Changed)
    def _searched(self, event: Input.Changed) -> None:
        self._words = event.value
        self._fill()

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self.action_take_in()

    # What keys do

    def action_search(self) -> None:
        """Type in the box."""
        self.query_one(Input).focus()

    def action_leave(self) -> None:
        """From the search to the list; from the list out."""
        if self.query_one(Input).has_focus:
            self.query_one(OptionList).focus()
        else:
            self.dismiss(None)

    def action_take(self) -> None:
        """From the search to the list; from the list out, with what was chosen."""
        if self.query_one(Input).has_focus:
            self.query_one(OptionList).focus()
        else:
            self.dismiss(tuple(self._widths.items()))

    def action_reset(self) -> None:
        """None chosen: those that there is room for."""
        self.dismiss(())

    def action_step(self, by: int) -> None:
        """The line below or above."""
        lines = self.query_one(OptionList)
        (lines.action_cursor_down if by > 0 else lines.action_cursor_up)()

    def action_take_in(self) -> None:
        """In at the end, or out."""
        name = self._here()
        if not name or name == FIXED:
            return
        if name in self._widths:
            del self._widths[name]
        else:
            self._widths[name] = 0
        self._fill(name)

    def action_shift(self, by: int) -> None:
        """The column further to the right, or to the left."""
        name, order = self._here(), list(self._widths)
        if name not in order or name == FIXED:
            return
        to = order.index(name) + by
        if 0 < to < len(order):  # the first place is taken
            order.remove(name)
            order.insert(to, name)
            self._widths = {each: self._widths[each] for each in order}
            self._fill(name)

    def action_widen(self, by: int) -> None:
        """So many cells more."""
        name = self._here()
        if name in self._widths and cell_len(name):
            width = self._widths[name] or column(name).width or _NAME
            self._widths[name] = max(_LEAST, min(_MOST, width + by))
            self._fill(name)
