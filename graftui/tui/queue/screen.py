"""The queue and the machine: what runs where, what waits for what, and when it will start.

Owns which page of it is seen, and the marks. What keys do with runs is in tui/verbs/.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.reactive import reactive
from textual.widgets import DataTable, Static

from graftui.models import Run
from graftui.tui import jobs
from graftui.tui.feed import Question
from graftui.tui.footer import KeyFooter
from graftui.tui.live import LiveScreen
from graftui.tui.queue import describe
from graftui.tui.queue.feed import PAGE, QueuePage, QueueSeen
from graftui.tui.queue.jobs import Where
from graftui.tui.queue.table import QueueTable
from graftui.tui.verbs import ending, queueing, showing, starting
from graftui.tui.verbs.opening import opening


class QueueScreen(LiveScreen[None]):
    """The machine above, the queue below."""

    DEFAULT_CSS = """
    QueueScreen > #queue-title { height: 1; background: $panel; }
    QueueScreen > #queue-machine { height: auto; max-height: 12; border-bottom: solid $border; }
    QueueScreen.-short > #queue-machine { max-height: 6; }
    QueueScreen > QueueTable { height: 1fr; }
    QueueScreen > #queue-empty { display: none; height: 1fr; content-align: center middle;
                                 text-align: center; }
    QueueScreen.-nothing > QueueTable { display: none; }
    QueueScreen.-nothing > #queue-empty { display: block; }
    """
    BINDINGS = [
        Binding("escape,q", "back", "Back", key_display="esc", id="queue.back",
                tooltip="drop the marks; back to the runs"),
        Binding("p", "pause", "Pause", id="queue.pause",
                tooltip="pause the queue or one of its groups, or let it go on"),
        Binding("w", "widen", "Width", id="queue.width",
                tooltip="type how many runs are at work at once: 4, or of a group: big=1"),
        Binding("H", "hold", "Hold", id="queue.hold",
                tooltip="hold it back, or the marked ones, until you release it"),
        Binding("l", "release", "Release", id="queue.release",
                tooltip="let a held one, or the marked ones, go: it is queued"),
        Binding("K", "move('up')", "Up", show=False, id="queue.up",
                tooltip="move it, or the marked ones, up the queue"),
        Binding("J", "move('down')", "Down", show=False, id="queue.down",
                tooltip="move it, or the marked ones, down the queue"),
        Binding("less_than_sign", "move('front')", "Front", key_display="<", id="queue.front",
                tooltip="move it, or the marked ones, to the front"),
        Binding("greater_than_sign", "move('back')", "Back of it", key_display=">", show=False,
                id="queue.behind", tooltip="move it, or the marked ones, behind all others"),
        Binding("plus", "prioritize(1)", "Priority", key_display="+", show=False,
                id="queue.raise", tooltip="raise its priority, or that of the marked ones, by 1"),
        Binding("minus", "prioritize(-1)", "Less", key_display="-", show=False,
                id="queue.lower", tooltip="lower its priority, or that of the marked ones, by 1"),
        Binding("c", "cancel", "Cancel", id="queue.cancel",
                tooltip="cancel it, or the marked ones (asks first)"),
        Binding("space", "mark", "Mark", key_display="space", show=False, id="queue.mark",
                tooltip="mark it, or take the mark away"),
        Binding("left_square_bracket", "page(-1)", "Page before", show=False, id="queue.before",
                tooltip="page before (of 100 that wait)"),
        Binding("right_square_bracket", "page(1)", "Next page", show=False, id="queue.after",
                tooltip="next page (of 100 that wait)"),
    ]  # fmt: skip

    seen: reactive[QueueSeen | None] = reactive(None, repaint=False)
    page: reactive[QueuePage] = reactive(QueuePage(), init=False, repaint=False)
    marked: reactive[frozenset[str]] = reactive(frozenset(), init=False, repaint=False)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Static(id="queue-title")
        yield Static(id="queue-machine")
        yield QueueTable()
        yield Static(describe.EMPTY, id="queue-empty")
        yield KeyFooter()

    # What was seen

    def asks(self) -> Sequence[Question[Any]]:
        """A page of it."""
        return (self.page,)

    def advanced(self) -> None:
        """There is a new answer."""
        if seen := self.reader.answer(self.page):
            self.seen = seen

    def watch_page(self) -> None:
        """Ask the reader."""
        self.ask()

    def watch_seen(self, seen: QueueSeen | None) -> None:
        """Hand it on; back from a page that there is no more."""
        if seen is None:
            return
        last = max(0, (seen.outlook.waiting - 1) // PAGE)
        if seen.page > last:
            self.page = QueuePage(last)
        nothing = not seen.outlook.at_work and not seen.outlook.waiting
        self.set_class(nothing, "-nothing")
        self._show(seen)

    def watch_marked(self) -> None:
        """Show the marks at once."""
        if self.seen:
            self._show(self.seen)

    def _show(self, seen: QueueSeen) -> None:
        if not self.query(QueueTable):  # it is being left
            return
        title = describe.title(seen, self.settings.root.name, len(self.marked))
        self.query_one("#queue-title", Static).update(title)
        self.query_one("#queue-machine", Static).update(describe.machine(seen))
        self.query_one(QueueTable).show(describe.turns(seen), self.marked)

    # Keys

    def chosen(self) -> Sequence[str]:
        """Those that are marked, on whatever page, or the one under the cursor."""
        selected = self.query_one(QueueTable).selected
        return sorted(self.marked) or ([selected] if selected else [])

    def _with_chosen(self, verb: Callable[[LiveScreen[Any], list[Run]], None]) -> None:
        """As they are now."""
        if ids := self.chosen():
            job = partial(jobs.read, self.settings, ids)
            opening(self, "Reading the runs", job, lambda read: verb(self, read.runs))

    def action_back(self) -> None:
        """Drop the marks, or leave."""
        if self.marked:
            self.marked = frozenset()
        else:
            self.dismiss()

    def action_open(self) -> None:
        """All over the screen."""
        selected, seen = self.query_one(QueueTable).selected, self.seen
        turns = describe.turns(seen) if seen else []
        showing.show(self, [turn.run for turn in turns if turn.run.id == selected])

    @on(DataTable.RowSelected)
    def _clicked(self) -> None:
        self.action_open()

    def action_mark(self) -> None:
        """Mark it, and go on to the next."""
        table = self.query_one(QueueTable)
        if table.selected:
            self.marked ^= {table.selected}
            table.action_cursor_down()

    def action_page(self, step: int) -> None:
        """The page after or before, if there is one."""
        page = self.page.page + step
        if self.seen and 0 <= page * PAGE < max(1, self.seen.outlook.waiting):
            self.page = replace(self.page, page=page)

    def action_pause(self) -> None:
        """Or let go on."""
        queueing.pause(self)

    def action_widen(self) -> None:
        """Type it."""
        queueing.widen(self)

    def action_hold(self) -> None:
        """Hold them back."""
        self._with_chosen(queueing.hold)

    def action_release(self) -> None:
        """Queue the held ones."""
        self._with_chosen(starting.release)

    def action_move(self, where: str) -> None:
        """Among those that wait."""
        self._with_chosen(lambda screen, runs: queueing.move(screen, runs, Where(where)))

    def action_prioritize(self, by: int) -> None:
        """By so much."""
        self._with_chosen(lambda screen, runs: queueing.prioritize(screen, runs, by))

    def action_cancel(self) -> None:
        """Stop them."""
        self._with_chosen(ending.cancel)
