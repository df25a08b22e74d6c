"""The main screen: the runs, and the one under the cursor in detail.

Owns its two questions to the reader. What keys do with the runs is in acting.py, which of them are
marked in marking.py, which columns they have and in what order in arranging.py.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from graftui.tui.feed import Question
from graftui.tui.footer import KeyFooter
from graftui.tui.messages import Queued
from graftui.tui.run.detail import TABS, RunDetail
from graftui.tui.run.feed import Detail, RunPage
from graftui.tui.run.screen import RunScreen
from graftui.tui.runs import acting
from graftui.tui.runs.arranging import ArrangedScreen
from graftui.tui.runs.bars import StatusLine
from graftui.tui.runs.feed import PAGE, RunsSeen
from graftui.tui.runs.filter import FilterBar
from graftui.tui.runs.filter_feed import FilterTyped
from graftui.tui.runs.table import RunTable
from graftui.tui.text import say
from graftui.tui.verbs import labelling

EMPTY = Content.assemble(
    ("No runs yet.", "bold $accent"),
    "\n\nPress ", ("n", "bold $accent"), " to choose a recipe and queue a run,\n",
    "or type ", ("graftui run pocket", "bold"), " in another terminal:\n",
    "the whole job offline, in under a minute.\n\n",
    ("?  shows all keys", "$text-muted"),
)  # fmt: skip
NOTHING = Content.styled("No run meets this filter.  esc clears it.", "$text-muted")


class RunsScreen(ArrangedScreen):
    """Runs above, details below; in a low terminal one or the other."""

    AUTO_FOCUS = "#table"
    BINDINGS = [
        Binding("slash", "filter", "Filter", key_display="/", id="runs.filter",
                tooltip="filter: words, status=failed, train.lr>=1e-3, tag=lr"),
        Binding("ctrl+underscore,ctrl+slash", "clear_filter", "Clear filter", show=False,
                key_display="ctrl+/", id="runs.clear", tooltip="no filter any more"),
        Binding("escape", "back", "Back", show=False, id="runs.back",
                tooltip="out of a zoomed table; drop the marks; drop the filter"),
        Binding("left_square_bracket", "page(-1)", "Page before", show=False, id="runs.before",
                tooltip="page before (of 1,000 runs)"),
        Binding("right_square_bracket", "page(1)", "Next page", show=False, id="runs.after",
                tooltip="next page (of 1,000 runs)"),
        *(Binding(str(n), f"tab('{tab}')", tab.title(), show=False, id=f"runs.{tab}",
                  tooltip=f"the {tab} of the run under the cursor")
          for n, tab in enumerate(TABS, 1)),
        Binding("z", "zoom_pane", "Zoom", show=False, id="runs.zoom",
                tooltip="the pane that has the keys all over the screen: table or details"),
        Binding("q", "app.quit", "Quit", id="runs.quit",
                tooltip="quit; runs go on (graftui watch ID follows one)"),
    ]  # fmt: skip

    # Their widgets draw them: the screen as a whole has nothing to repaint.
    snapshot: reactive[RunsSeen | None] = reactive(None, repaint=False)
    detail: reactive[Detail | None] = reactive(None, repaint=False)
    inspected: reactive[RunPage] = reactive(RunPage(""), init=False, repaint=False)
    """The run under the cursor, and what of it is in view."""
    typed: reactive[FilterTyped | None] = reactive(None, init=False, repaint=False)
    """The filter box, while somebody types in it."""
    marked: reactive[frozenset[str]] = reactive(frozenset(), init=False, repaint=False)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield StatusLine(id="status")
        yield FilterBar(id="filter")
        yield RunTable(id="table")
        yield Static("", id="empty")
        yield RunDetail(id="detail")
        yield KeyFooter()

    # What was seen

    def asks(self) -> Sequence[Question[Any]]:
        """The page of runs, the run under the cursor, what could come next in the filter."""
        more = [self.inspected] if self.inspected.id else []
        return [self.page, *more, *([self.typed] if self.typed else [])]

    def advanced(self) -> None:
        """An answer to an older question is kept by nobody: it would undo what the user did."""
        if seen := self.reader.answer(self.page):
            self.snapshot = seen
        if detail := self.reader.answer(self.inspected):
            self.detail = detail
        if self.typed and (offers := self.reader.answer(self.typed)):
            self.query_one(FilterBar).offer(offers)

    def watch_snapshot(self, seen: RunsSeen | None) -> None:
        """Hand it on to the widgets."""
        if seen is None:
            return
        self._say_problem(seen)
        self.query_one(RunTable).show(seen.lines, seen.now, self.marked)
        self.query_one(StatusLine).show(seen, self.settings.root.name, len(self.marked))
        say(self.query_one("#empty", Static), NOTHING if seen.every else EMPTY)
        self.set_class(not seen.lines, "-nothing")
        if not seen.lines:
            self.detail = None

    def watch_detail(self, detail: Detail | None) -> None:
        """Show the run under the cursor."""
        self.query_one(RunDetail).show(detail)

    def _say_problem(self, seen: RunsSeen) -> None:
        self.query_one(FilterBar).answered(seen)
        if seen.problem and not seen.question.text.strip():  # of the sort key
            self.notify(seen.problem.message, severity="error")
            self.page = replace(self.page, sort="-created")

    def watch_typed(self) -> None:
        """Ask the reader."""
        self.ask()

    def watch_inspected(self) -> None:
        """Ask the reader."""
        self.ask()

    def watch_marked(self, marked: frozenset[str]) -> None:
        """Show the marks at once."""
        if seen := self.snapshot:
            self.query_one(RunTable).show(seen.lines, seen.now, marked)
            self.query_one(StatusLine).show(seen, self.settings.root.name, len(marked))

    @on(Queued)
    def _queued(self, event: Queued) -> None:
        if event.runs:
            self.page = replace(self.page, page=0)
            self.query_one(RunTable).choose(event.runs[0].id)

    # What keys do with runs

    def action_act(self, verb: str) -> None:
        """A verb, with what is chosen."""
        run = self.detail.run if self.detail else None
        chosen = acting.Chosen(
            ids=tuple(self.chosen()),
            marked=tuple(sorted(self.marked)),
            run=run if run and run.id == self.query_one(RunTable).selected else None,
            page=self.page,
            active=self.snapshot.active if self.snapshot else None,
        )
        acting.VERBS[verb](self, chosen)

    def action_label(self, verb: str) -> None:
        """Say something of them."""
        if ids := self.chosen():
            labelling.VERBS[verb](self, ids)

    # What widgets announce

    @on(RunTable.Chosen)
    def _inspect(self, event: RunTable.Chosen) -> None:
        self.query_one(RunDetail).inspect(event.id)

    @on(RunDetail.Inspected)
    def _inspected(self, event: RunDetail.Inspected) -> None:
        self.inspected = event.page
        if not event.page.id:  # a group has no details
            self.detail = None

    @on(RunTable.RunOpened)
    def _run_opened(self) -> None:
        self.action_zoom()

    @on(RunTable.PageWanted)
    def _page_wanted(self, event: RunTable.PageWanted) -> None:
        self.action_page(event.step)

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        self.page = replace(self.page, text=event.text, page=0)

    @on(FilterBar.Asked)
    def _filter_asked(self) -> None:
        self.typed = self.query_one(FilterBar).question()

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self.typed = None
        self.query_one(RunTable).focus()

    # Keys that change what is seen

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).edit()

    def action_clear_filter(self) -> None:
        """All runs again."""
        self.query_one(FilterBar).put("")
        self.query_one(RunTable).focus()

    def action_tab(self, tab: str) -> None:
        """Open a tab of the details; in a low terminal on the run's own screen."""
        self.query_one(RunDetail).open(tab)
        if self.has_class("-short"):
            self.action_zoom(tab)

    def action_zoom(self, tab: str = "") -> None:
        """The run under the cursor on its own screen, at the tab that is open here."""
        if id := self.query_one(RunTable).selected:
            page = RunPage(id, tab or self.query_one(RunDetail).tab)
            self.app.push_screen(RunScreen(self.settings, self.reader, page))

    def action_zoom_pane(self) -> None:
        """The details have a screen of their own."""
        if self.query_one(RunDetail).has_focus_within:
            self.action_zoom()
        else:
            self.toggle_class("-zoomed")

    def action_back(self) -> None:
        """Undo the last of: zoom, runs marked, filter."""
        if self.has_class("-zoomed"):
            self.remove_class("-zoomed")
        elif self.marked:
            self.marked = frozenset()
        else:
            self.query_one(FilterBar).put("")
        self.query_one(RunTable).focus()

    def action_page(self, step: int) -> None:
        """The page after or before, if there is one."""
        seen, page = self.snapshot, self.page.page + step
        if seen and 0 <= page * PAGE < seen.rows:
            self.page = replace(self.page, page=page)
