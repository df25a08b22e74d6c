"""The table of runs. Owns which run the cursor is on, wherever that comes to stand.

Announces it, and the wish to see the page before or after.
"""

from dataclasses import dataclass

from textual import events
from textual.binding import Binding
from textual.message import Message

from graftui.results.columns import Column
from graftui.terminal import Text
from graftui.tui import moving
from graftui.tui.cells import Columns, cell, columns, head, head_of_group, heading, of_group
from graftui.tui.runs.feed import GroupLine, Line
from graftui.tui.runs.rows import Rows
from graftui.tui.text import Palette, palette

_HEAD = "status"
"""The column that is always there, and first: the mark stands beside the state."""


class RunTable(Rows):
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

    @dataclass
    class HeadClicked(Message):
        """Of a column."""

        name: str

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._layout: tuple[Column, ...] = ()
        self._chosen: Columns = ()
        self._grouped = False
        self._lines: dict[str, Line] = {}
        self._marked: frozenset[str] = frozenset()
        self._now = 0.0
        self._selected = ""
        self._wanted = ""
        self._syncing = False
        self._touched = False
        """Whether the user did anything here; till then the top stays in view."""
        self._palette: Palette = {}

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
        self._draw()

    def have(self, chosen: Columns, grouped: bool) -> None:
        """Show the `chosen` columns, or if there are none those that there is room for."""
        self._chosen, self._grouped = chosen, grouped
        self._draw()

    @property
    def layout_now(self) -> Columns:
        """The columns that are shown, with their widths."""
        return tuple((column.name, column.width) for column in self._layout)

    def show(self, lines: tuple[Line, ...], now: float, marked: frozenset[str]) -> None:
        """Show `lines`; the cursor stays with its run."""
        index = self.cursor_row
        self._lines = {line.key: line for line in lines}
        self._marked, self._now = marked, now
        self._syncing = True
        self._draw()
        self._syncing = False
        self._restore(index)

    def _draw(self) -> None:
        if self.size.width:  # else there is no telling which columns fit
            layout = columns(self.size.width, self._chosen, self._grouped)
            if layout != self._layout:
                self._layout = layout
                self.refresh()
        self.put(list(self._lines), [column.width for column in self._layout])

    def choose(self, id: str) -> None:
        """Put the cursor on a run as soon as it is there, unless the user moves it meanwhile."""
        self._wanted = id
        self._restore(self.cursor_row)

    def notify_style_update(self) -> None:
        """Another theme has other colours."""
        self._palette = {}
        super().notify_style_update()

    @property
    def _colours(self) -> Palette:
        if not self._palette:
            self._palette = palette(self.app.theme_variables)
        return self._palette

    # What stands in a row

    def head(self) -> list[Text]:
        """The names of the columns."""
        return [Text(heading(column)) for column in self._layout]

    def cells(self, key: str) -> list[Text]:
        """A run, or a group of some."""
        return [self._cell(column, self._lines[key]) for column in self._layout]

    def made_from(self, key: str) -> object:
        """What is said of some columns hangs on the time, too."""
        line = self._lines[key]
        timed = tuple(self._cell(c, line).plain for c in self._layout if c.timed)
        return line, self._is_marked(line), timed

    def _cell(self, column: Column, line: Line) -> Text:
        if isinstance(line, GroupLine):
            if column.name == _HEAD:
                marked = self._is_marked(line)
                return head_of_group(line.group, line.opened, marked, column.width, self._colours)
            return of_group(column, line.group, self._now, self._colours)
        if column.name == _HEAD:
            return head(line.run, self._is_marked(line), self._colours)
        return cell(column, line.run, self._now, self._colours, line.loss, line.depth)

    def _is_marked(self, line: Line) -> bool:
        return self._marked.issuperset(line.ids)

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
        self._syncing = True
        self.cursor_row = self.get_row_index(self._selected)
        self._syncing = False

    def _fallen(self, key: str) -> bool:
        """Whether what came above it has pushed it out of view."""
        in_view = self.size.height - 1
        return in_view > 0 and key not in list(self._lines)[:in_view]

    def on_key(self) -> None:
        """Whatever it does: somebody is here."""
        self._touched = True

    def on_mouse_scroll_down(self) -> None:
        """Who reads further down is here too."""
        self._touched = True

    def _announce(self, key: str) -> None:
        if key != self._selected:
            self._selected = key
            self.post_message(self.Chosen(self.selected))

    def watch_cursor_row(self, before: int, row: int) -> None:
        """By keys or mouse; while rows come and go the cursor does not speak for the user."""
        super().watch_cursor_row(before, row)
        if not self._syncing and row < self.row_count:
            self._touched = True
            self._wanted = ""
            self._announce(self.keys[row])

    def on_click(self, event: events.Click) -> None:
        """A row: the cursor; with ctrl, from the row that was marked last to this one."""
        event.stop()
        row, column = self.under(event), self.column_under(event)
        if row is not None:
            self.cursor_row = row
            if event.ctrl:
                self.post_message(self.MarkedTo(self.keys[row]))
        elif event.y == 0 and column is not None:
            self.post_message(self.HeadClicked(self._layout[column].name))

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
