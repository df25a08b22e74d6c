"""What keys do with the runs that are chosen: a key a verb of tui/verbs/.

Owns which runs a verb is about. What is in view, and what is marked, the screen knows.
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from textual.binding import Binding

from graftui.models import Run
from graftui.tui import jobs
from graftui.tui.background import start
from graftui.tui.compare.screen import CompareScreen
from graftui.tui.live import LiveScreen
from graftui.tui.runs.feed import RunsPage
from graftui.tui.verbs import ending, labelling, starting
from graftui.tui.verbs.opening import opening


class ActingScreen(LiveScreen[None]):
    """A screen with runs of which some are chosen."""

    BINDINGS = [
        Binding("n", "new", "New", id="runs.new",
                tooltip="new run: choose a recipe, fill in its form, queue it"),
        Binding("r", "rerun", "Re-run", id="runs.rerun",
                tooltip="run the one under the cursor again, with changes"),
        Binding("c", "cancel", "Cancel", id="runs.cancel",
                tooltip="cancel it, or the marked ones (asks first; what is best so far is kept)"),
        Binding("l", "release", "Release", show=False, id="runs.release",
                tooltip="let a held one, or the marked ones, go: it is queued"),
        Binding("H", "hold", "Hold", show=False, id="runs.hold",
                tooltip="hold it back, or the marked ones, until you release it"),
        Binding("less_than_sign", "move('front')", "Front", key_display="<", show=False,
                id="runs.front", tooltip="move it, or the marked ones, to the front of the queue"),
        Binding("greater_than_sign", "move('back')", "Behind", key_display=">", show=False,
                id="runs.behind", tooltip="move it, or the marked ones, behind all that wait"),
        Binding("equals_sign,m", "compare", "Compare", key_display="=", id="runs.compare",
                tooltip="compare the marked runs side by side"),
        Binding("d", "delete", "Delete", show=False, id="runs.delete",
                tooltip="delete it, or the marked ones (asks first)"),
        Binding("e", "export", "Export", show=False, id="runs.export",
                tooltip="export the marked runs, or all in view, as CSV"),
        *labelling.bindings("runs"),
    ]  # fmt: skip

    # What the screen knows

    def marks(self) -> Collection[str]:
        """Ids of the runs that are marked, on whatever page."""
        raise NotImplementedError

    def under_cursor(self) -> str:
        """Id of the run under the cursor; empty: there is none."""
        raise NotImplementedError

    def in_detail(self) -> Run | None:
        """The run under the cursor, when it has been read."""
        raise NotImplementedError

    def in_view(self) -> RunsPage:
        """What was asked for: filter and order."""
        raise NotImplementedError

    def at_work(self) -> Collection[str] | None:
        """Ids of the runs that still have something to do; None: not known yet."""
        raise NotImplementedError

    # What keys do

    def chosen(self) -> list[str]:
        """Ids of those that are marked, or of the one under the cursor."""
        id = self.under_cursor()
        return sorted(self.marks()) or ([id] if id else [])

    def with_chosen(self, verb: Callable[[LiveScreen[Any], list[Run]], None]) -> None:
        """As they are now, not as they were when they were marked."""
        if ids := self.chosen():
            job = partial(jobs.read, self.settings, ids)
            opening(self, "Reading the runs", job, lambda read: verb(self, read.runs))

    def action_new(self) -> None:
        """Choose a recipe, fill in its form."""
        starting.new(self)

    def action_rerun(self) -> None:
        """The form of the run under the cursor."""
        run = self.in_detail()
        if run and run.id == self.under_cursor():
            starting.rerun(self, run)

    def action_release(self) -> None:
        """Queue the held ones."""
        self.with_chosen(starting.release)

    def action_hold(self) -> None:
        """Hold the queued ones back."""
        from graftui.tui.verbs import queueing  # imports what the first paint does not wait for

        self.with_chosen(queueing.hold)

    def action_move(self, where: str) -> None:
        """To another place in the queue."""
        from graftui.tui.queue.jobs import Where
        from graftui.tui.verbs import queueing

        self.with_chosen(partial(queueing.move, where=Where(where)))

    def action_cancel(self) -> None:
        """Stop them."""
        self.with_chosen(ending.cancel)

    def action_delete(self) -> None:
        """Delete them."""
        active = self.at_work()
        if (ids := self.chosen()) and active is not None:
            ending.delete(self, ids, active)

    def action_label(self, verb: str) -> None:
        """Say something of them."""
        if ids := self.chosen():
            labelling.VERBS[verb](self, ids)

    def action_compare(self) -> None:
        """The marked runs side by side."""
        marked = sorted(self.marks())
        if len(marked) < 2:
            self.notify("Mark two runs or more with space, then compare them.", severity="warning")
            return
        self.app.push_screen(CompareScreen(self.settings, self.reader, tuple(marked)))

    def action_export(self) -> None:
        """The marked runs, or all that meet the filter, as CSV."""
        job = partial(jobs.export, self.settings, sorted(self.marks()), self.in_view())
        start(self, "export", job)
