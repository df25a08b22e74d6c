"""The table of sweeps. Owns the cursor, and which columns there is room for; knows no registry."""

from collections.abc import Collection, Mapping

from rich.cells import cell_len
from textual import events
from textual.binding import Binding
from textual.widgets import DataTable

from graftui.planning.sweeps.states import CellState
from graftui.planning.sweeps.sweep import Sweep
from graftui.show import sweeps as drawing
from graftui.show.states import Tone
from graftui.terminal import Text
from graftui.text import visible
from graftui.tui import moving
from graftui.tui.sweeps.feed import SweepsSeen
from graftui.tui.text import TONES, Palette, keep_cursor_readable, palette

_GAP = 2
_NARROW = 100
"""Cells of a window in which the recipe's name gives way: it is mostly that of the sweep."""
_MOST = {"name": 24, "recipe": 16}
_COLOURS = {"id": "accent", "name": "", "state": ""}
"""In a colour of the theme or in the table's own; the rest is muted."""


class SweepTable(DataTable[Text]):
    """A row a sweep, by id."""

    BINDINGS = [
        Binding("enter", "screen.open", "Open", id="sweeps.open",
                tooltip="the sweep as a matrix of its cells"),
        *moving.bindings("sweep"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__(cursor_type="row")
        self._seen: SweepsSeen | None = None
        self._marked: Collection[str] = ()
        self._drawn: list[list[Text]] = []

    @property
    def selected(self) -> str:
        """Id of the sweep under the cursor; empty: there is none."""
        if not self.is_valid_row_index(self.cursor_row):
            return ""
        return str(self.ordered_rows[self.cursor_row].key.value)

    def on_resize(self, event: events.Resize) -> None:
        """Another width shows other columns."""
        self._draw()

    def show(self, seen: SweepsSeen, marked: Collection[str]) -> None:
        """Show them; the cursor stays with its sweep."""
        self._seen, self._marked = seen, marked
        self._draw()

    def _draw(self) -> None:
        seen, width = self._seen, self.size.width
        if seen is None or not width:
            return
        keep_cursor_readable(self)
        colours = palette(self.app.theme_variables)
        styles = {tone: colours[variable] for tone, variable in TONES.items()}
        heads = [head for head in drawing.HEADS if head.title != "recipe" or width >= _NARROW]
        rows = [self._row(sweep, numbers, [head.title for head in heads], colours, styles)
                for sweep, numbers in seen.sweeps]  # fmt: skip
        widths = _widths([head.title for head in heads], rows, width)
        for row in rows:
            for text, room in zip(row, widths, strict=True):
                text.truncate(room, overflow="ellipsis")
        titles = [head.title.rjust(room) if head.right else head.title
                  for head, room in zip(heads, widths, strict=True)]  # fmt: skip
        drawn = [[Text(title) for title in titles], *rows]
        if drawn != self._drawn:
            self._drawn = drawn
            self._fill(titles, widths, rows)

    def _row(
        self, sweep: Sweep, numbers: Mapping[CellState, int], titles: list[str], colours: Palette,
        styles: Mapping[Tone, str],
    ) -> list[Text]:  # fmt: skip
        assert self._seen is not None  # who draws has seen them
        cells = drawing.line(sweep, numbers, self._seen.now, styles)
        row: list[Text] = []
        for head, cell in zip(drawing.HEADS, cells, strict=True):
            if head.title not in titles:
                continue
            colour = _COLOURS.get(head.title, "text-muted")
            justify = "right" if head.right else "left"
            style = colours[colour] if colour else ""
            text = cell if isinstance(cell, Text) else Text(visible(cell), style, justify=justify)
            row.append(text)
        mark = "▌" if sweep.id in self._marked else " "
        row[0] = Text(mark, colours["warning"]).append(row[0])
        for text in row:
            text.no_wrap = True
        return row

    def _fill(self, titles: list[str], widths: list[int], rows: list[list[Text]]) -> None:
        assert self._seen is not None
        selected, at = self.selected, self.cursor_row
        self.clear(columns=True)
        for title, width in zip(titles, widths, strict=True):
            self.add_column(title, width=width)
        ids = [sweep.id for sweep, _ in self._seen.sweeps]
        for id, row in zip(ids, rows, strict=True):
            self.add_row(*row, key=id)
        row_of = ids.index(selected) if selected in ids else min(at, len(ids) - 1)
        self.move_cursor(row=max(0, row_of), animate=False)


def _widths(titles: list[str], rows: list[list[Text]], width: int) -> list[int]:
    """Of the widest cells; the axes have what is left."""
    widths = [
        min(_MOST.get(title, width), max([cell_len(title), *(row[n].cell_len for row in rows)]))
        for n, title in enumerate(titles)
    ]
    axes = titles.index("axes")
    others = sum(each + _GAP for n, each in enumerate(widths) if n != axes)
    widths[axes] = max(len("axes"), min(widths[axes], width - others - _GAP - 1))
    return widths
