"""The main screen: the runs, and the one under the cursor in detail.

Owns its two questions to the reader, and the marks. What the keys start is in actions.py.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import DataTable, Footer, Static

from graftui.results.figures import counted
from graftui.settings import Settings
from graftui.tui.feed import Question
from graftui.tui.messages import Removed
from graftui.tui.reader import Reader
from graftui.tui.run.curves import Curves
from graftui.tui.run.detail import TABS, LogBody, RunDetail
from graftui.tui.run.feed import Detail, RunPage
from graftui.tui.run.log import WINDOW
from graftui.tui.runs.actions import RunActions
from graftui.tui.runs.bars import FilterBar, StatusLine
from graftui.tui.runs.feed import PAGE, RunsPage, RunsSeen
from graftui.tui.runs.table import RunTable

EMPTY = Content.assemble(
    ("No runs yet.", "bold $accent"),
    "\n\nPress ", ("n", "bold $accent"), " to choose a recipe and queue a run,\n",
    "or type ", ("graftui run pocket", "bold"), " in another terminal:\n",
    "the whole job offline, in under a minute.\n\n",
    ("?  shows all keys", "$text-muted"),
)  # fmt: skip
NOTHING = Content.styled("No run meets this filter.  esc clears it.", "$text-muted")


class RunsScreen(RunActions):
    """Runs above, details below; in a low terminal one or the other."""

    AUTO_FOCUS = "#table"
    BINDINGS = [
        Binding("n", "new", "New"),
        Binding("r", "rerun", "Re-run"),
        Binding("c", "cancel", "Cancel"),
        Binding("l", "release", "Release", show=False),
        Binding("space", "mark", "Mark", key_display="space"),
        Binding("equals_sign,m", "compare", "Compare", key_display="="),
        Binding("d", "delete", "Delete", show=False),
        Binding("e", "export", "Export", show=False),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("s", "sort", "Sort", show=False),
        Binding("escape", "back", "Back", show=False),
        Binding("left_square_bracket", "page(-1)", "Page before", show=False),
        Binding("right_square_bracket", "page(1)", "Next page", show=False),
        *(Binding(str(n), f"tab('{tab}')", show=False) for n, tab in enumerate(TABS, 1)),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "app.quit", "Quit"),
    ]

    snapshot: reactive[RunsSeen | None] = reactive(None)
    detail: reactive[Detail | None] = reactive(None)
    page: reactive[RunsPage] = reactive(RunsPage(), init=False)
    inspected: reactive[RunPage] = reactive(RunPage(""), init=False)
    """The run under the cursor, and what of it is in view."""
    marked: reactive[frozenset[str]] = reactive(frozenset(), init=False)

    def __init__(self, settings: Settings, reader: Reader) -> None:
        super().__init__(id="runs")
        self.settings = settings
        self.reader = reader
        self._leaving = False
        """The user is done with the filter box, if only the filter is right."""

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield StatusLine(id="status")
        yield FilterBar(id="filter")
        yield RunTable(id="table")
        yield Static("", id="empty")
        yield RunDetail(id="detail")
        yield Footer(show_command_palette=False)

    # What was seen

    def asks(self) -> Sequence[Question[Any]]:
        """The page of runs, then the run under the cursor."""
        return (self.page, self.inspected) if self.inspected.id else (self.page,)

    def advanced(self) -> None:
        """An answer to an older question is kept by nobody: it would undo what the user did."""
        if seen := self.reader.answer(self.page):
            self.snapshot = seen
        if detail := self.reader.answer(self.inspected):
            self.detail = detail

    def watch_snapshot(self, seen: RunsSeen | None) -> None:
        """Hand it on to the widgets."""
        if seen is None:
            return
        self._say_problem(seen)
        self.query_one(RunTable).show(seen.runs, seen.now, self.marked)
        self.query_one(StatusLine).show(seen, self.settings.root.name, len(self.marked))
        self.query_one("#empty", Static).update(NOTHING if seen.every else EMPTY)
        self.set_class(not seen.runs, "-nothing")
        if not seen.runs:
            self.detail = None
        self._leave_filter()

    def watch_detail(self, detail: Detail | None) -> None:
        """Show the run under the cursor."""
        self.query_one(RunDetail).show(detail)

    def _say_problem(self, seen: RunsSeen) -> None:
        bar = self.query_one(FilterBar)
        bar.complain(seen.problem.message if seen.problem else "")
        if seen.problem and not bar.display:  # of the sort key
            self.notify(seen.problem.message, severity="error")
            self.page = replace(self.page, sort="-created")

    def watch_page(self) -> None:
        """Ask the reader."""
        self.ask()

    def watch_inspected(self) -> None:
        """Ask the reader."""
        self.ask()

    def watch_marked(self, marked: frozenset[str]) -> None:
        """Show the marks at once."""
        if seen := self.snapshot:
            self.query_one(RunTable).show(seen.runs, seen.now, marked)
            self.query_one(StatusLine).show(seen, self.settings.root.name, len(marked))

    @on(Removed)
    def _removed(self, event: Removed) -> None:
        self.marked -= set(event.ids)
        self.notify(f"Deleted {counted(len(event.ids))}.")
        self.look_again()

    def look_again(self) -> None:
        """Have the reader look at once."""
        self.reader.refresh()

    # What widgets announce

    @on(RunTable.Chosen)
    def _chosen(self, event: RunTable.Chosen) -> None:
        self.inspected = replace(self.inspected, id=event.id, log_lines=WINDOW)

    @on(RunDetail.TabOpened)
    def _tab_opened(self, event: RunDetail.TabOpened) -> None:
        self.inspected = replace(self.inspected, tab=event.tab, log_lines=WINDOW)

    @on(Curves.Wanted)
    def _curves_wanted(self, event: Curves.Wanted) -> None:
        self.inspected = replace(self.inspected, curves=event.keys)

    @on(LogBody.EarlierWanted)
    def _earlier_wanted(self) -> None:
        detail = self.detail
        if detail and detail.log and detail.log.more:
            self.inspected = replace(self.inspected, log_lines=detail.log.asked + WINDOW)

    @on(RunTable.PageWanted)
    def _page_wanted(self, event: RunTable.PageWanted) -> None:
        self.action_page(event.step)

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        self._leaving = False
        self.page = replace(self.page, text=event.text, page=0)

    @on(FilterBar.Left)
    def _filter_left(self, event: FilterBar.Left) -> None:
        if event.dropped or not self.page.text.strip():
            self.drop_filter()
            self.query_one(RunTable).focus()
        else:
            self._leaving = True
            self._leave_filter()

    def _leave_filter(self) -> None:
        """To the table, as soon as the filter is known to be right; who typed a wrong one stays."""
        seen = self.snapshot
        if self._leaving and seen and seen.question.text == self.page.text:
            self._leaving = False
            if seen.problem is None:
                self.query_one(RunTable).focus()
            elif seen.problem.excerpt:  # beside the box there is room for a sentence alone
                self.notify(f"{seen.problem.excerpt}\n{seen.problem.hint}", severity="error")

    @on(DataTable.HeaderSelected)
    def _head_clicked(self, event: DataTable.HeaderSelected) -> None:
        self.sort_by_column(str(event.column_key.value))

    # Keys that change what is seen

    def drop_filter(self) -> None:
        """All runs again."""
        self.query_one(FilterBar).clear()
        self.page = replace(self.page, text="", page=0)

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).edit()

    def action_tab(self, tab: str) -> None:
        """Open a tab of the details; in a low terminal all over the screen."""
        self.query_one(RunDetail).open(tab)
        if self.app.size.height < 30 and not self.has_class("-zoomed"):
            self.action_zoom()

    def action_zoom(self) -> None:
        """The details all over the screen."""
        if self.detail:
            self.add_class("-zoomed")
            self.query_one(RunDetail).focus_body()

    def action_back(self) -> None:
        """Undo the last of: details opened, runs marked, filter."""
        if self.has_class("-zoomed"):
            self.remove_class("-zoomed")
        elif self.marked:
            self.marked = frozenset()
        else:
            self.drop_filter()
        self.query_one(RunTable).focus()

    def action_page(self, step: int) -> None:
        """The page after or before, if there is one."""
        seen, page = self.snapshot, self.page.page + step
        if seen and 0 <= page * PAGE < seen.total:
            self.page = replace(self.page, page=page)

    def action_mark(self) -> None:
        """Mark the run under the cursor, or take its mark away, and go on to the next."""
        table = self.query_one(RunTable)
        if table.selected:
            self.marked ^= {table.selected}
            if table.cursor_row < table.row_count - 1:
                table.action_cursor_down()
