"""Runs that are marked: by hand, from one to another, or all that meet the filter.

Owns the marks. Verbs are about them, on whatever page they are.
"""

from collections.abc import Collection
from functools import partial

from textual import on
from textual.binding import Binding
from textual.reactive import reactive

from graftui.results.figures import counted
from graftui.tui import jobs
from graftui.tui.background import start
from graftui.tui.live import LiveScreen
from graftui.tui.messages import Matched
from graftui.tui.runs import acting
from graftui.tui.runs.feed import RunsPage
from graftui.tui.runs.table import RunTable


class MarkingScreen(LiveScreen[None]):
    """A screen with a table whose rows can be marked."""

    BINDINGS = [
        *acting.BINDINGS,  # in the footer what is done with the marked ones comes first
        Binding("space", "mark", "Mark", key_display="space", id="runs.mark",
                tooltip="mark it, or take the mark away"),
        Binding("V", "mark_to", "Mark to here", show=False, id="runs.mark_to",
                tooltip="mark all from the last marked one to here; so does a click with ctrl"),
        Binding("shift+down", "mark_on(1)", "Mark on", show=False, id="runs.mark_down",
                tooltip="mark it and the one below"),
        Binding("shift+up", "mark_on(-1)", "Mark back", show=False, id="runs.mark_up",
                tooltip="mark it and the one above"),
        Binding("M,ctrl+a", "mark_all", "Mark all", show=False, id="runs.mark_all",
                tooltip="mark all that meet the filter, on every page; again: none"),
    ]  # fmt: skip

    page: reactive[RunsPage] = reactive(RunsPage(), init=False, repaint=False)
    """What is in view: filter and order."""
    marked: reactive[frozenset[str]] = reactive(frozenset(), init=False, repaint=False)
    _anchor = ""
    """Key of the row that was marked last, from which a stretch is marked."""

    def forget(self, ids: Collection[str]) -> None:
        """Drop the marks of runs that are not here any more."""
        self.marked -= set(ids)

    def chosen(self) -> list[str]:
        """Ids of those that are marked, or of the run or the group's runs under the cursor."""
        line = self.query_one(RunTable).line
        return sorted(self.marked or (line.ids if line else ()))

    def action_mark(self) -> None:
        """Mark the run or group under the cursor, or take its mark away, and go on to the next."""
        table = self.query_one(RunTable)
        if line := table.line:
            ids = frozenset(line.ids)
            self._anchor = line.key
            self.marked = self.marked - ids if ids <= self.marked else self.marked | ids
            if table.cursor_row < table.row_count - 1:
                table.action_cursor_down()

    def action_mark_on(self, step: int) -> None:
        """Mark what is under the cursor, and after a step what is there."""
        table = self.query_one(RunTable)
        if table.line is None:
            return
        before = table.line
        if 0 <= table.cursor_row + step < table.row_count:
            table.cursor_row += step
        self._anchor = table.line.key
        self.marked |= {*before.ids, *table.line.ids}

    def action_mark_to(self) -> None:
        """Mark all rows between the one that was marked last and the cursor."""
        if line := self.query_one(RunTable).line:
            self._mark_to(line.key)

    @on(RunTable.MarkedTo)
    def _clicked(self, event: RunTable.MarkedTo) -> None:
        self._mark_to(event.key)

    def _mark_to(self, key: str) -> None:
        lines = self.query_one(RunTable).lines
        keys = [line.key for line in lines]
        begin = keys.index(self._anchor) if self._anchor in keys else keys.index(key)
        low, high = sorted((begin, keys.index(key)))
        self._anchor = key
        self.marked |= {id for line in lines[low : high + 1] for id in line.ids}

    def action_mark_all(self) -> None:
        """All that meet the filter."""
        start(self, "mark", partial(jobs.matching, self.settings, self.page.text), looks=True)

    @on(Matched)
    def _matched(self, event: Matched) -> None:
        if event.text != self.page.text:
            return  # another filter by now
        ids = frozenset(event.ids)
        self.marked = self.marked - ids if ids <= self.marked else self.marked | ids
        self.notify(f"{counted(len(self.marked))} marked." if self.marked else "No run is marked.")
