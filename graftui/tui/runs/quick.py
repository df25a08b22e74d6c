"""A DataTable of one-line cells whose columns have their width. Owns how a cell is drawn.

Textual draws all cells in view again when one of them changes, by a way that can do paragraphs: at
a table's height that is more than a keypress may take. Here it is drawn when it is another Text.
"""

from collections.abc import Iterable, Mapping

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.widgets import DataTable
from textual.widgets.data_table import ColumnKey, RowKey

from graftui.terminal import Text

_KEPT = 4000
"""Drawn cells: of some screens full."""


class QuickTable(DataTable[Text]):
    """Rows are one line high; every column is added with a width."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id, cursor_type="row")
        self._lines_of: LRUCache[object, tuple[Text, list[list[Segment]]]] = LRUCache(_KEPT)
        """By where a cell stands and its styles: the cell, and how it was drawn."""

    def put(self, key: str, cells: Mapping[str, Text]) -> None:
        """Other cells in a row, by column. Only that line goes to the terminal, not the table."""
        self._data[RowKey(key)].update({ColumnKey(name): cell for name, cell in cells.items()})
        for kept in (self._row_renderable_cache, self._row_render_cache, self._line_cache):
            kept.clear()
        self.refresh_row(self.get_row_index(key))

    def _update_dimensions(self, new_rows: Iterable[RowKey]) -> None:
        """As Textual's, but no cell is measured."""
        super()._update_dimensions(())

    def _render_cell(
        self,
        row_index: int,
        column_index: int,
        base_style: Style,
        width: int,
        cursor: bool = False,
        hover: bool = False,
    ) -> list[list[Segment]]:
        """As Textual's, but for as long as the cell is the same one."""
        if row_index < 0 or column_index < 0:
            return super()._render_cell(row_index, column_index, base_style, width, cursor, hover)
        cell = self.get_cell(
            self.ordered_rows[row_index].key, self.ordered_columns[column_index].key
        )
        own, after = self._get_styles_to_render_cell(
            False, False, False, hover, cursor, self.show_cursor, self._show_hover_cursor,
            self.cursor_foreground_priority == "css", self.cursor_background_priority == "css",
        )  # fmt: skip
        key = (row_index, column_index, base_style, own, after, width)
        kept = self._lines_of.get(key)
        if kept is None or kept[0] is not cell:
            at = Style.from_meta({"row": row_index, "column": column_index})
            kept = (cell, [self._drawn_cell(cell, base_style + at + own, after, width)])
            self._lines_of[key] = kept
        return kept[1]

    def _drawn_cell(self, cell: Text, style: Style, after: Style, width: int) -> list[Segment]:
        console, text, room = self.app.console, cell.copy(), width - 2 * self.cell_padding
        text.truncate(room)
        if text.justify:
            text.align("right" if text.justify == "right" else "left", room)
        # Rich leaves the text's own style to its caller where no part has another.
        drawn = text.render(console) if text.spans else [
            Segment(text.plain, console.get_style(text.style))
        ]  # fmt: skip
        padding, rest = (Segment(" " * n) for n in (self.cell_padding, room - text.cell_len))
        segments = [each for each in (padding, *drawn, rest, padding) if each.text]
        return list(Segment.apply_style(segments, style, after))
