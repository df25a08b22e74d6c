"""The table of runs. Owns the cursor, and what to change so that it never has to be refilled.

Announces the run under the cursor, and the wish to see the page before or after. A row's cells are
made when it comes into view, and only what is in view is compared at a look.
"""

from dataclasses import dataclass

from textual import events
from textual.binding import Binding
from textual.message import Message

from graftui.results.columns import Column
from graftui.terminal import Text
from graftui.tui import moving
from graftui.tui.cells import Columns, Head, cell, columns, head, head_of_group, heading, of_group
from graftui.tui.runs.feed import GroupLine, Line
from graftui.tui.runs.quick import QuickTable
from graftui.tui.text import Palette, keep_cursor_readable, palette

_HEAD = "status"
"""The column that is always there, and first: the mark stands beside the state."""
_REFILL = 60
"""Runs that may go one by one; beyond, filling the table anew is faster."""
_BLANK = Text("")
"""In the cells of a row that was never in view."""


class RunTable(QuickTable):
    """A row a line, by its key."""

    BINDINGS = [
        # Not "select": a click does that too, and is to move the cursor only.
        Binding("enter", "open", "Open", show=False, id="runs.open",
                tooltip="the run on its own screen, esc goes back; a group: its runs below it"),
        *moving.bindings("run"),
    ]  # fmt: skip

    @dataclass
    class Chosen(Message):
        """The cursor is on another run; empty: there is none."""

        id: str

    @dataclass
    class RunOpened(Message):
        """All of a run is to be seen."""

        id: str

    @dataclass
    class MarkedTo(Message):
        """Rows are to be marked, up to this one."""

        key: str

    @dataclass
    class GroupOpened(Message):
        """Its runs are to be seen; or, if they are, not any more."""

        key: str

    @dataclass
    class PageWanted(Message):
        """The cursor was moved over an end of the page."""

        step: int

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.refills = 0
        """How often it was filled from nothing."""
        self._layout: tuple[Column, ...] = ()
        self._chosen: Columns = ()
        self._grouped = False
        self._lines: dict[str, Line] = {}
        self._marked: frozenset[str] = frozenset()
        self._now = 0.0
        self._drawn: dict[str, tuple[Line, bool]] = {}
        """What each row was last made from."""
        self._selected = ""
        self._wanted = ""
        self._syncing = False
        self._touched = False
        """Whether the user did anything here; till then the top stays in view."""
        self._colours: Palette = {}

    @property
    def selected(self) -> str:
        """Id of the run under the cursor; empty: there is none, or it is a group."""
        line = self.line
        return "" if line is None or isinstance(line, GroupLine) else line.run.id

    @property
    def lines(self) -> tuple[Line, ...]:
        """All of the page."""
        return tuple(self._lines.values())

    @property
    def line(self) -> Line | None:
        """What is under the cursor."""
        return self._lines.get(self._selected)

    def on_resize(self, event: events.Resize) -> None:
        """Another width shows other columns."""
        self._lay_out(columns(event.size.width, self._chosen, self._grouped))
        self._draw_view()

    def watch_scroll_y(self, old: float, new: float) -> None:
        """Other rows come into view."""
        super().watch_scroll_y(old, new)
        self._draw_view()

    def have(self, chosen: Columns, grouped: bool) -> None:
        """Show the `chosen` columns, or if there are none those that there is room for."""
        self._chosen, self._grouped = chosen, grouped
        if self._layout:
            self._lay_out(columns(self.size.width, chosen, grouped))

    def _lay_out(self, layout: tuple[Column, ...]) -> None:
        if layout != self._layout:
            self._layout = layout
            self._refill()

    @property
    def layout_now(self) -> Columns:
        """The columns that are shown, with their widths."""
        return tuple((column.name, column.width) for column in self._layout)

    def show(self, lines: tuple[Line, ...], now: float, marked: frozenset[str]) -> None:
        """Show `lines`, changing only what changed; the cursor stays with its run."""
        index = self.cursor_row
        self._lines = {line.key: line for line in lines}
        self._marked, self._now = marked, now
        if not self._layout:
            return
        self._lay_out(columns(self.size.width, self._chosen, self._grouped))
        keep_cursor_readable(self)
        if (colours := palette(self.app.theme_variables)) != self._colours:
            self._colours = colours
            self._drawn.clear()
        self._syncing = True
        self._remove_gone()
        for key in [key for key in self._lines if key not in self.rows]:
            self._add(key)
        self._put_in_order()
        self._syncing = False
        self._draw_view()
        self._restore(index)

    def _draw_view(self) -> None:
        """The rows in view, and a screen of them below and above, as their lines are now."""
        height = self.size.height
        first = max(0, int(self.scroll_y) - height)
        for row in self.ordered_rows[first : int(self.scroll_y) + 2 * height]:
            if line := self._lines.get(str(row.key.value)):
                self._update(line)

    def _remove_gone(self) -> None:
        gone = [str(key.value) for key in self.rows if key.value not in self._lines]
        if len(gone) > _REFILL:
            self.refills += 1
            self.clear()
            self._drawn.clear()
            return
        for key in gone:
            self.remove_row(key)
            self._drawn.pop(key, None)

    def choose(self, id: str) -> None:
        """Put the cursor on a run as soon as it is there, unless the user moves it meanwhile."""
        self._wanted = id
        self._restore(self.cursor_row)

    def _put_in_order(self) -> None:
        """The rows in the order of the lines."""
        order = [key for key in self._lines if key in self.rows]
        if [row.key.value for row in self.ordered_rows] != order:
            places = {key: index for index, key in enumerate(order)}
            self.sort(_HEAD, key=lambda first: places[first.key])

    def _refill(self) -> None:
        """New columns, and all rows anew."""
        self.refills += 1
        self._syncing = True
        self.clear(columns=True)
        self._drawn.clear()
        for column in self._layout:
            self.add_column(heading(column), key=column.name, width=column.width)
        self.show(self.lines, self._now, self._marked)

    def _cell(self, column: Column, line: Line) -> Text:
        if isinstance(line, GroupLine):
            if column.name == _HEAD:
                marked = self._is_marked(line)
                return head_of_group(line.group, line.opened, marked, column.width, self._colours)
            return of_group(column, line.group, self._now, self._colours)
        if column.name == _HEAD:
            return head(line.run, line.key, self._is_marked(line), self._colours)
        return cell(column, line.run, self._now, self._colours, line.loss, line.depth)

    def _is_marked(self, line: Line) -> bool:
        return self._marked.issuperset(line.ids)

    def _add(self, key: str) -> None:
        blank = Head()
        blank.key = key
        self.add_row(blank, *[_BLANK] * (len(self._layout) - 1), key=key)

    def _update(self, line: Line) -> None:
        made_from = (line, self._is_marked(line))
        same = self._drawn.get(line.key) == made_from
        self._drawn[line.key] = made_from
        cells = {c.name: self._cell(c, line) for c in self._layout if c.timed or not same}
        now = {name: c for name, c in cells.items() if c != self.get_cell(line.key, name)}
        if now:
            self.put(line.key, now)

    def _restore(self, index: int) -> None:
        """The cursor back to its run; if that is gone, to the one in its place."""
        if not self._lines:
            self._announce("")
            return
        if self._wanted in self._lines:
            self._touched = True
            self._announce(self._wanted)
            self._wanted = ""
        if not self._touched and self._fallen(self._selected):
            self._announce(next(iter(self._lines)))
        if self._selected not in self._lines:
            self._announce(list(self._lines)[min(index, len(self._lines) - 1)])
        if self._selected not in self.rows:  # to come with the next stretch
            return
        row = self.get_row_index(self._selected)
        if row != self.cursor_row:
            self._syncing = True
            self.move_cursor(row=row, animate=False)
            self._syncing = False

    def _fallen(self, key: str) -> bool:
        """Whether what came above it has pushed it out of view."""
        in_view = self.size.height - self.header_height
        return in_view > 0 and key not in list(self._lines)[:in_view]

    def on_key(self) -> None:
        """Whatever it does: somebody is here."""
        self._touched = True

    def _announce(self, key: str) -> None:
        if key != self._selected:
            self._selected = key
            self.post_message(self.Chosen(self.selected))

    def watch_cursor_coordinate(self, old: object, new: object) -> None:
        """By keys or mouse; while rows come and go the cursor does not speak for the user."""
        super().watch_cursor_coordinate(old, new)  # type: ignore[arg-type]
        if not self._syncing and self.is_valid_row_index(self.cursor_row):
            self._touched = True
            self._wanted = ""
            self._announce(str(self.ordered_rows[self.cursor_row].key.value))

    def on_click(self, event: events.Click) -> None:
        """With ctrl: from the row that was marked last to this one."""
        row = event.style.meta.get("row", -1)
        if event.ctrl and self.is_valid_row_index(row):
            self.post_message(self.MarkedTo(str(self.ordered_rows[row].key.value)))

    def action_open(self) -> None:
        """The group's runs, or the run."""
        line = self.line
        if isinstance(line, GroupLine):
            self.post_message(self.GroupOpened(line.key))
        elif line is not None:
            self.post_message(self.RunOpened(line.run.id))

    def action_cursor_down(self) -> None:
        """Past the last run comes the next page."""
        if self.cursor_row == self.row_count - 1:
            self.post_message(self.PageWanted(1))
        super().action_cursor_down()

    def action_cursor_up(self) -> None:
        """Before the first run comes the page before."""
        if self.cursor_row == 0:
            self.post_message(self.PageWanted(-1))
        super().action_cursor_up()
