"""The matrix as a widget: line by line, as many cells as there is room for, and a cursor.

Owns cursor and what is scrolled to. A widget a cell would be 1,600 of them; here a key redraws two
lines. Announces the cell under the cursor, and that it is to be opened.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from graftui.planning.sweeps.axes import Point
from graftui.planning.sweeps.states import CellState
from graftui.results.sweep_matrix import Folded, Matrix, Row
from graftui.tui.sweep.drawing import Drawn, Frame, drawn, extent, followed, frame
from graftui.tui.sweep.painting import Brush, View, painted
from graftui.tui.text import palette

_PRESSING = (CellState.failed, CellState.missing)


class MatrixGrid(Widget, can_focus=True):
    """Rows and columns of cells."""

    COMPONENT_CLASSES = {"grid--cursor", "grid--blurred"}
    DEFAULT_CSS = """
    MatrixGrid { height: 1fr; padding: 0 1; }
    MatrixGrid > .grid--cursor {
        background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
    }
    MatrixGrid > .grid--blurred { background: $block-cursor-blurred-background; }
    MatrixGrid:ansi > .grid--cursor { text-style: bold reverse; }
    MatrixGrid:ansi > .grid--blurred { text-style: reverse; }
    """
    BINDINGS = [
        Binding("up,k", "move(-1, 0)", "Up", show=False, id="move.up", tooltip="the cell above"),
        Binding("down,j", "move(1, 0)", "Down", show=False, id="move.down",
                tooltip="the cell below"),
        Binding("left,h", "move(0, -1)", "Left", show=False, id="move.left",
                tooltip="the cell to the left"),
        Binding("right,l", "move(0, 1)", "Right", show=False, id="move.right",
                tooltip="the cell to the right"),
        Binding("pageup", "page(-1)", show=False), Binding("pagedown", "page(1)", show=False),
        Binding("home", "end(-1)", show=False), Binding("end", "end(1)", show=False),
        Binding("g", "move(-1000000, 0)", "Top", show=False, id="move.top",
                tooltip="the first row"),
        Binding("G", "move(1000000, 0)", "Bottom", show=False, id="move.bottom",
                tooltip="the last row"),
        Binding("n", "pressing(1)", "Next open", show=False, id="move.next",
                tooltip="the next cell that failed or is missing"),
        Binding("N", "pressing(-1)", "Open before", show=False, id="move.previous",
                tooltip="the cell before that failed or is missing"),
        Binding("enter", "enter", "Runs", id="sweep.open",
                tooltip="the runs of the cell"),
    ]  # fmt: skip

    cursor: reactive[tuple[int, int]] = reactive((0, 0))
    """Row and column."""
    figures: reactive[bool | None] = reactive(None)
    """Whether cells have words; None: where all fit."""

    @dataclass
    class Chosen(Message):
        """The cursor is on another cell, or more or less is in view."""

        grid: "MatrixGrid"

    @dataclass
    class Entered(Message):
        """The cell under the cursor is to be opened."""

        grid: "MatrixGrid"

    def __init__(self) -> None:
        super().__init__()
        self._matrix: Matrix | None = None
        self._words: Drawn | None = None
        self._first = (0, 0)
        self._brush: tuple[object, Brush] | None = None
        self._strips: dict[tuple[object, ...], Strip] = {}
        """Lines by what they were drawn from."""
        self._framed: tuple[object, Frame] | None = None

    # What it shows

    def show(self, matrix: Matrix) -> None:
        """Another matrix, or what is new of it; the cursor stays with its settings."""
        if matrix == self._matrix:
            return
        at, self._matrix = self.point, matrix
        self._words, self._framed = drawn(matrix), None
        if at:
            self.look_for(at)
        self.refresh()
        self._announce()

    @property
    def extent(self) -> str:
        """Which rows and columns are in view; empty: all."""
        words = self._words
        if words is None:
            return ""
        seen, (top, left) = self._frame(words), self._first
        return "  ".join(filter(None, (
            extent(top, seen.down, len(words.marks), "rows"),
            extent(left, seen.across, len(words.heads), "columns"),
        )))  # fmt: skip

    def _frame(self, words: Drawn) -> Frame:
        made_from = (self.size, self.figures)
        if self._framed is None or self._framed[0] != made_from:
            made = frame(words, self.size.width, self.size.height, self.figures)
            self._framed = made_from, made
            self._strips.clear()
        return self._framed[1]

    # Moving

    def validate_cursor(self, cursor: tuple[int, int]) -> tuple[int, int]:
        """Within the matrix."""
        if self._words is None or not self._words.marks:
            return 0, 0
        row, column = cursor
        return (max(0, min(row, len(self._words.marks) - 1)),
                max(0, min(column, len(self._words.heads) - 1)))  # fmt: skip

    def watch_cursor(self) -> None:
        """What is in view follows."""
        self._announce()

    def watch_figures(self) -> None:
        """So it does."""
        self._announce()

    def on_resize(self) -> None:
        """And so."""
        self._announce()

    def under_cursor(self) -> tuple[Row, Point, Folded | None] | None:
        """Row, column and results of the cell; None: there is no matrix yet, or no cell in it."""
        if self._matrix is None or not self._matrix.rows:
            return None
        row, column = self.cursor
        at = self._matrix.rows[row]
        return at, self._matrix.columns[column], at.results[column]

    @property
    def point(self) -> Point:
        """Settings of the cell."""
        under = self.under_cursor()
        return {**under[0].at, **under[1]} if under else {}

    def look_for(self, point: Point) -> None:
        """Put the cursor where most of these settings are; those that it lacks do not matter."""
        if self._matrix is not None and self._matrix.rows:
            rows = [row.at for row in self._matrix.rows]
            self.cursor = _nearest(rows, point), _nearest(self._matrix.columns, point)

    def turn_view(self) -> None:
        """Figures, or glyphs alone: the other of what is shown."""
        if self._words:
            self.figures = not self._frame(self._words).figures

    def _announce(self) -> None:
        if self._words is None:
            return
        seen, (row, column) = self._frame(self._words), self.cursor
        self._first = (
            followed(self._first[0], seen.down, row, len(self._words.marks)),
            followed(self._first[1], seen.across, column, len(self._words.heads)),
        )
        self.post_message(self.Chosen(self))

    def action_move(self, rows: int, columns: int) -> None:
        """So far, to the edge at most."""
        self.cursor = self.cursor[0] + rows, self.cursor[1] + columns

    def action_page(self, pages: int) -> None:
        """As many rows as are in view."""
        if self._words:
            self.action_move(pages * self._frame(self._words).down, 0)

    def action_end(self, side: int) -> None:
        """The first or last column."""
        self.action_move(0, side * 1_000_000)

    def action_pressing(self, step: int) -> None:
        """The next cell, in reading order, that nothing comes of."""
        if self._matrix is None:
            return
        across = len(self._matrix.columns)
        cells = [cell for row in self._matrix.rows for cell in row.results]
        at = self.cursor[0] * across + self.cursor[1]
        for number in (at + step * n for n in range(1, len(cells) + 1)):
            cell = cells[number % len(cells)]
            if cell and any(result.state in _PRESSING for result in cell.results):
                self.cursor = divmod(number % len(cells), across)
                return
        self.notify("No cell failed, and none is missing.")

    def action_enter(self) -> None:
        """Say so."""
        self.post_message(self.Entered(self))

    def on_click(self, event: events.Click) -> None:
        """The cell that is clicked on; once more opens it."""
        if self._words is None:
            return
        seen, (top, left) = self._frame(self._words), self._first
        x, y = event.get_content_offset_capture(self)
        row, column = top + y - seen.head, left + (x - seen.labels) // seen.each
        inside = y >= seen.head and x >= seen.labels and column < left + seen.across
        if inside and row < len(self._words.marks):
            again = self.cursor == (row, column)
            self.cursor = row, column
            if again:
                self.action_enter()

    def on_mouse_scroll_down(self) -> None:
        """The wheel moves the cursor: there is no other place."""
        self.action_move(1, 0)

    def on_mouse_scroll_up(self) -> None:
        """Back."""
        self.action_move(-1, 0)

    def render_line(self, y: int) -> Strip:
        """A line of heads, or of cells."""
        if self._words is None:
            return Strip([]).adjust_cell_length(self.size.width, self.rich_style)
        brush, seen = self._colours(), self._frame(self._words)
        row = y - seen.head + (self._first[0] if y >= seen.head else 0)
        column = self.cursor[1] if y < seen.head or row == self.cursor[0] else None
        drawn_from = (row, column, self._first[1], self.has_focus)
        if drawn_from not in self._strips:
            name = "grid--cursor" if self.has_focus else "grid--blurred"
            cursor = self.get_component_rich_style(name)
            view = View(seen, self._first, self.cursor)
            strip = Strip(painted(self._words, view, brush, cursor, y))
            strip = strip.adjust_cell_length(self.size.width, self.rich_style)
            self._strips[drawn_from] = strip
        return self._strips[drawn_from]

    def _colours(self) -> Brush:
        """Those of the theme, mixed once."""
        variables = self.app.theme_variables
        if self._brush is None or self._brush[0] is not variables:
            brush = Brush(palette(variables), self.rich_style, variables["background"])
            self._brush = variables, brush
            self._strips.clear()
        return self._brush[1]


def _nearest(points: Sequence[Point], point: Point) -> int:
    """Which of them shares most settings with `point`; the first of several."""
    shared = [sum(point.get(path) == value for path, value in each.items()) for each in points]
    return shared.index(max(shared))
