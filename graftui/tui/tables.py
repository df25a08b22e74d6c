"""A table of figures on a screen: results.cells.Table, with a cursor on its lines.

Announces the line under the cursor. Computes nothing: what stands in a cell is said by the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding
from textual.message import Message
from textual.widgets import DataTable

from graftui.results.cells import Cell, Role, Table
from graftui.show.cells import shaded
from graftui.terminal import Text
from graftui.text import visible
from graftui.tui import moving
from graftui.tui.text import Palette, cut, keep_cursor_readable, palette

_WIDEST = 60
"""Cells of a column, at most."""
_STYLES = {
    Role.plain: "", Role.best: "accent", Role.differs: "warning", Role.worse: "error",
    Role.better: "success", Role.muted: "text-muted",
}  # fmt: skip
_SHADES = ("text-disabled", "primary", "accent", "warning", "error")
"""By level of a heat map."""


class FigureTable(DataTable[Text]):
    """Rows by section, the names of the rows fixed at the left."""

    BINDINGS = [
        *moving.bindings("line"),
        Binding("h", "cursor_left", "Left", show=False, id="move.left", tooltip="to the left"),
        Binding("l", "cursor_right", "Right", show=False, id="move.right",
                tooltip="to the right"),
    ]  # fmt: skip

    @dataclass
    class LineChosen(Message):
        """The cursor is on another line."""

        table: "FigureTable"
        line: int
        """Among the rows of all sections; -1: a heading."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id, cursor_type="row", fixed_columns=1)
        self.table: Table | None = None
        """What it shows."""
        self._drawn: list[list[Text]] = []
        self._heads: list[str] = []
        self._lines: list[int] = []
        """Of each line its row, or -1."""

    def show(self, table: Table) -> None:
        """Fill it, if there is news; the cursor stays in its line."""
        self.table = table
        keep_cursor_readable(self)
        colours = palette(self.app.theme_variables)
        heads = [visible(title) for title in table.titles]
        lines, rows = [], []
        for row, line in _lines(table, colours):
            lines.append(line)
            rows.append(row)
        if (lines, heads) == (self._drawn, self._heads):
            return
        self._drawn, self._heads, self._lines = lines, heads, rows
        at, offset = self.cursor_row, self.scroll_offset
        self.clear(columns=True)
        self.add_column(heads[0], key="0")
        for number, head in enumerate(heads[1:], 1):
            self.add_column(_right(head), key=f"{number}")
        self.add_rows(lines)
        self.move_cursor(row=min(at, max(0, len(lines) - 1)), animate=False)
        self.scroll_to(offset.x, offset.y, animate=False)

    def watch_cursor_coordinate(self, old: object, new: object) -> None:
        """By keys or mouse."""
        super().watch_cursor_coordinate(old, new)  # type: ignore[arg-type]
        if self.cursor_row < len(self._lines):
            self.post_message(self.LineChosen(self, self._lines[self.cursor_row]))


def _lines(table: Table, colours: Palette) -> Iterator[tuple[int, list[Text]]]:
    number = 0
    for section in table.sections:
        if section.title:
            heading = Text(visible(section.title), f"bold {colours['primary']}", no_wrap=True)
            yield -1, [heading, *(Text("") for _ in table.heads)]
        for row in section.rows:
            name = Text(cut(visible(row.name), _WIDEST), colours["text-muted"], no_wrap=True)
            yield number, [name, *(_drawn(cell, colours) for cell in row.cells)]
            number += 1


def _drawn(cell: Cell, colours: Palette) -> Text:
    style = _STYLES[cell.role] if cell.level is None else _SHADES[cell.level]
    return _right(visible(shaded(cell)), colours[style] if style else "")


def _right(text: str, style: str = "") -> Text:
    return Text(cut(text, _WIDEST), style, justify="right", no_wrap=True)
