"""The queue as a table: what is at work, then what waits in its order. Knows no registry.

Owns the cursor, which stays with its run, and which columns there is room for.
"""

from collections.abc import Collection, Sequence

from rich.cells import cell_len
from textual import events
from textual.binding import Binding
from textual.widgets import DataTable

from graftui.terminal import Text
from graftui.text import visible
from graftui.tui import moving
from graftui.tui.queue.describe import TITLES, Turn
from graftui.tui.text import TONES, Palette, cut, keep_cursor_readable, palette

_GAP = 2
_MOST = {"name": 24, "kind": 9, "group": 12, "starts": 22, "state": 18}
_LAST = TITLES[-1]
_LEAST = 14
"""Cells of the last column, at least: of the others these give way, in this order."""
_GIVES_WAY = ("kind", "prio", "name", "group")
_COLOURS = {"id": "accent", "name": "foreground", "starts": "foreground"}


class QueueTable(DataTable[Text]):
    """A row a run, by id."""

    BINDINGS = [
        Binding("enter", "screen.open", "Open", show=False, id="queue.open",
                tooltip="the run all over the screen"),
        *moving.bindings("run"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__(cursor_type="row")
        self._turns: Sequence[Turn] = ()
        self._marked: Collection[str] = ()
        self._ids: list[str] = []
        self._layout: list[tuple[str, int]] = []
        self._drawn: list[list[Text]] = []

    @property
    def selected(self) -> str:
        """Id of the run under the cursor; empty: there is none."""
        return self._ids[self.cursor_row] if self.cursor_row < len(self._ids) else ""

    def on_resize(self, event: events.Resize) -> None:
        """Another width shows other columns."""
        self._draw()

    def show(self, turns: Sequence[Turn], marked: Collection[str]) -> None:
        """Show them, changing only what changed."""
        self._turns, self._marked = turns, marked
        self._draw()

    def _draw(self) -> None:
        width = self.size.width
        if not width:
            return
        keep_cursor_readable(self)
        colours = palette(self.app.theme_variables)
        layout = _layout(self._turns, width)
        drawn = [self._row(turn, layout, colours) for turn in self._turns]
        ids = [turn.run.id for turn in self._turns]
        if (ids, layout) != (self._ids, self._layout):
            self._fill(ids, layout, drawn)
        else:
            for row, (before, now) in enumerate(zip(self._drawn, drawn, strict=True)):
                for column, (old, new) in enumerate(zip(before, now, strict=True)):
                    if old != new:
                        self.update_cell_at((row, column), new)  # type: ignore[arg-type]
        self._drawn = drawn

    def _fill(self, ids: list[str], layout: list[tuple[str, int]], drawn: list[list[Text]]) -> None:
        selected, at, offset = self.selected, self.cursor_row, self.scroll_offset
        self._ids, self._layout = ids, layout
        self.clear(columns=True)
        for title, width in layout:
            self.add_column(title, width=width)
        for id, row in zip(ids, drawn, strict=True):
            self.add_row(*row, key=id)
        self.scroll_to(offset.x, offset.y, animate=False)
        row_of = ids.index(selected) if selected in ids else min(at, len(ids) - 1)
        self.move_cursor(row=max(0, row_of), animate=False)

    def _row(self, turn: Turn, layout: list[tuple[str, int]], colours: Palette) -> list[Text]:
        mark = "▌" if turn.run.id in self._marked else " "
        row: list[Text] = []
        for title, width in layout:
            text = visible(turn.cells[TITLES.index(title)])
            colour = TONES[turn.tone] if title == "state" else _COLOURS.get(title, "text-muted")
            if title == "":
                cell = Text(mark, colours["warning"]).append(text, colours[colour])
            else:
                cell = Text(cut(text, width), colours[colour], no_wrap=True)
            row.append(cell)
        return row


def _layout(turns: Sequence[Turn], width: int) -> list[tuple[str, int]]:
    """The columns that something stands in, with their widths; the last has what is left."""
    widths: dict[str, int] = {}
    for number, title in enumerate(TITLES):
        cells = [cell_len(visible(turn.cells[number])) for turn in turns]
        most = max(cells, default=0)
        if most or title == "":
            widths[title] = min(_MOST.get(title, width), max(most, cell_len(title))) + (not title)
    for title in _GIVES_WAY:
        if _left(widths, width) < _LEAST:
            widths.pop(title, None)
    if _LAST in widths:
        widths[_LAST] = max(1, _left(widths, width))
    return list(widths.items())


def _left(widths: dict[str, int], width: int) -> int:
    return width - 2 - _GAP - sum(each + _GAP for title, each in widths.items() if title != _LAST)
