"""The main screen: the runs, and the one under the cursor in detail.

Owns the question to the reader, and the marks. What the keys start is in actions.py.
"""

from dataclasses import dataclass, replace

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import DataTable, Footer, Static

from graftui.settings import Settings
from graftui.tui.messages import Removed, SnapshotTaken
from graftui.tui.run.curves import Curves
from graftui.tui.run.detail import TABS, RunDetail
from graftui.tui.runs.actions import RunActions
from graftui.tui.runs.bars import FilterBar, StatusLine
from graftui.tui.runs.table import RunTable
from graftui.tui.snapshot import PAGE, Query, Snapshot

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

    snapshot: reactive[Snapshot | None] = reactive(None)
    query_now: reactive[Query] = reactive(Query(), init=False)
    marked: reactive[frozenset[str]] = reactive(frozenset(), init=False)

    @dataclass
    class Asked(Message):
        """The reader is to look at something else."""

        query: Query

    def __init__(self, settings: Settings) -> None:
        super().__init__(id="runs")
        self.settings = settings
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

    @on(SnapshotTaken)
    def _take(self, event: SnapshotTaken) -> None:
        # One that answers an older question would undo what the user did since.
        now = self.query_now
        if replace(event.snapshot.query, selected=now.selected, curves=now.curves) == now:
            self.snapshot = event.snapshot

    def watch_snapshot(self, seen: Snapshot | None) -> None:
        """Hand it on to the widgets."""
        if seen is None:
            return
        self._say_problem(seen)
        self.query_one(RunTable).show(seen.runs, seen.now, self.marked)
        self.query_one(StatusLine).show(seen, self.settings.root.name, len(self.marked))
        self.query_one("#empty", Static).update(NOTHING if seen.every else EMPTY)
        self.set_class(not seen.runs, "-nothing")
        self.query_one(RunDetail).show(seen.detail, seen.now)
        self._leave_filter()

    def _say_problem(self, seen: Snapshot) -> None:
        bar = self.query_one(FilterBar)
        bar.complain(seen.problem.message if seen.problem else "")
        if seen.problem and not bar.display:  # of the sort key
            self.notify(seen.problem.message, severity="error")
            self.query_now = replace(self.query_now, sort="-created")

    def watch_query_now(self, query: Query) -> None:
        """Ask the reader."""
        self.post_message(self.Asked(query))

    def watch_marked(self, marked: frozenset[str]) -> None:
        """Show the marks at once."""
        if seen := self.snapshot:
            self.query_one(RunTable).show(seen.runs, seen.now, marked)
            self.query_one(StatusLine).show(seen, self.settings.root.name, len(marked))

    @on(Removed)
    def _removed(self, event: Removed) -> None:
        self.marked -= set(event.ids)
        count = len(event.ids)
        self.notify(f"Deleted {count} run{'s' * (count != 1)}.")
        self.look_again()

    def look_again(self) -> None:
        """Have the reader look at once."""
        self.post_message(self.Asked(self.query_now))

    # What widgets announce

    @on(RunTable.Chosen)
    def _chosen(self, event: RunTable.Chosen) -> None:
        self.query_now = replace(self.query_now, selected=event.id)

    @on(RunDetail.TabOpened)
    def _tab_opened(self, event: RunDetail.TabOpened) -> None:
        self.query_now = replace(self.query_now, tab=event.tab)

    @on(Curves.Wanted)
    def _curves_wanted(self, event: Curves.Wanted) -> None:
        self.query_now = replace(self.query_now, curves=event.names)

    @on(RunTable.PageWanted)
    def _page_wanted(self, event: RunTable.PageWanted) -> None:
        self.action_page(event.step)

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        self._leaving = False
        self.query_now = replace(self.query_now, text=event.text, page=0)

    @on(FilterBar.Left)
    def _filter_left(self, event: FilterBar.Left) -> None:
        if event.dropped or not self.query_now.text.strip():
            self.drop_filter()
            self.query_one(RunTable).focus()
        else:
            self._leaving = True
            self._leave_filter()

    def _leave_filter(self) -> None:
        """To the table, as soon as the filter is known to be right; who typed a wrong one stays."""
        seen = self.snapshot
        if self._leaving and seen and seen.query.text == self.query_now.text:
            self._leaving = False
            if seen.problem is None:
                self.query_one(RunTable).focus()

    @on(DataTable.HeaderSelected)
    def _head_clicked(self, event: DataTable.HeaderSelected) -> None:
        self.sort_by_column(str(event.column_key.value))

    # Keys that change what is seen

    def drop_filter(self) -> None:
        """All runs again."""
        self.query_one(FilterBar).clear()
        self.query_now = replace(self.query_now, text="", page=0)

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
        if self.snapshot and self.snapshot.detail:
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
        seen, page = self.snapshot, self.query_now.page + step
        if seen and 0 <= page * PAGE < seen.total:
            self.query_now = replace(self.query_now, page=page, selected="")

    def action_mark(self) -> None:
        """Mark the run under the cursor, or take its mark away, and go on to the next."""
        table = self.query_one(RunTable)
        if table.selected:
            self.marked ^= {table.selected}
            if table.cursor_row < table.row_count - 1:
                table.action_cursor_down()
