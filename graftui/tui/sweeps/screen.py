"""All sweeps, and where their cells stand. From here to the matrix of one, or of two.

What keys do with a sweep is in tui/verbs/.
"""

from collections.abc import Callable, Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import DataTable, Static

from graftui.planning.sweeps.sweep import Sweep
from graftui.results.figures import counted
from graftui.tui.feed import Question
from graftui.tui.footer import KeyFooter
from graftui.tui.live import LiveScreen
from graftui.tui.sweep.screen import SweepScreen
from graftui.tui.sweeps.feed import AllSweeps, SweepsSeen
from graftui.tui.sweeps.table import SweepTable
from graftui.tui.text import data
from graftui.tui.verbs import sweeping

EXAMPLE = "graftui sweep pocket --grid task.data_seed=13,21,42 graft.localizer=learnt,movement"
EMPTY = Content.assemble(
    ("No sweeps yet.", "bold $accent"),
    "\n\nA sweep is a recipe over a grid of settings.\nType one in another terminal; ",
    ("y", "bold $accent"), " copies this:\n\n",
    ("graftui sweep pocket --grid \\\n  task.data_seed=13,21,42 graft.localizer=learnt,movement",
     "bold"),
    "\n\nIt shows up here as soon as it is made.\n\n",
    ("esc goes back   ?  shows all keys", "$text-muted"),
)  # fmt: skip


class SweepsScreen(LiveScreen[None]):
    """A row a sweep."""

    DEFAULT_CSS = """
    SweepsScreen > #sweeps-title { height: 1; background: $panel; }
    SweepsScreen > SweepTable { height: 1fr; }
    SweepsScreen > #sweeps-bad { height: auto; max-height: 4; color: $error; padding: 0 1; }
    SweepsScreen.-nothing > SweepTable { display: none; }
    SweepsScreen > #sweeps-empty { display: none; height: 1fr; content-align: center middle;
                                   text-align: center; }
    SweepsScreen.-nothing > #sweeps-empty { display: block; }
    """
    BINDINGS = [
        Binding("space", "mark", "Mark", key_display="space", id="sweeps.mark",
                tooltip="mark it, or take the mark away"),
        Binding("equals_sign", "beside", "Beside", key_display="=", id="sweeps.beside",
                tooltip="the two that are marked side by side"),
        *sweeping.bindings("sweeps", cancel_in_footer=True),
        Binding("y", "copy", "Copy", show=False, id="sweeps.copy",
                tooltip="copy its id; where there is no sweep, a command that makes one"),
        Binding("escape,q", "back", "Back", key_display="esc", id="sweeps.back",
                tooltip="drop the marks; back to the runs"),
    ]  # fmt: skip

    seen: reactive[SweepsSeen | None] = reactive(None, repaint=False)
    marked: reactive[frozenset[str]] = reactive(frozenset(), init=False, repaint=False)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Static(id="sweeps-title")
        yield SweepTable()
        yield Static(EMPTY, id="sweeps-empty")
        yield Static(id="sweeps-bad")
        yield KeyFooter()

    def asks(self) -> Sequence[Question[Any]]:
        """All of them."""
        return (AllSweeps(),)

    def advanced(self) -> None:
        """There is a new answer."""
        if seen := self.reader.answer(AllSweeps()):
            self.seen = seen

    def watch_seen(self, seen: SweepsSeen | None) -> None:
        """Hand it on."""
        if seen is None or not self.query(SweepTable):  # it is being left
            return
        self.set_class(not seen.sweeps, "-nothing")
        self.marked &= {sweep.id for sweep, _ in seen.sweeps}
        self.query_one(SweepTable).show(seen, self.marked)
        lines = [f"✗ {bad.path} is no sweep: {bad.why}" for bad in seen.unreadable]
        self.query_one("#sweeps-bad", Static).update(Content("\n").join(map(data, lines)))
        self._title()

    def watch_marked(self) -> None:
        """Show the marks at once."""
        if self.seen and self.query(SweepTable):
            self.query_one(SweepTable).show(self.seen, self.marked)
            self._title()

    def _title(self) -> None:
        number = counted(len(self.seen.sweeps), "sweep") if self.seen else ""
        marks = f"  ▌{len(self.marked)} marked" if self.marked else ""
        title = Content.assemble(
            (" sweeps  ", "bold $accent"), data(self.settings.root.name, "$text-muted"),
            (f"  {number}", "$text-muted"), (marks, "$warning"),
        )  # fmt: skip
        self.query_one("#sweeps-title", Static).update(title)

    # Keys

    def _with_selected(self, verb: Callable[[Sweep, int], None]) -> None:
        id = self.query_one(SweepTable).selected
        for sweep, numbers in self.seen.sweeps if self.seen else ():
            if sweep.id == id:
                verb(sweep, sweeping.under_way(numbers))

    def action_open(self) -> None:
        """As a matrix."""
        if id := self.query_one(SweepTable).selected:
            self.app.push_screen(SweepScreen(self.settings, self.reader, (id,)))

    @on(DataTable.RowSelected)
    def _clicked(self) -> None:
        self.action_open()

    def action_mark(self) -> None:
        """Mark it, and go on to the next."""
        table = self.query_one(SweepTable)
        if table.selected:
            self.marked ^= {table.selected}
            table.action_cursor_down()

    def action_beside(self) -> None:
        """The marked ones, in the order of the list."""
        ids = [sweep.id for sweep, _ in self.seen.sweeps if sweep.id in self.marked] \
            if self.seen else []  # fmt: skip
        if len(ids) != 2:
            self.notify("Mark two sweeps with space, then look at them side by side.",
                        severity="warning")  # fmt: skip
            return
        self.app.push_screen(SweepScreen(self.settings, self.reader, ids))

    def action_go_on(self) -> None:
        """What failed and what is missing."""
        self._with_selected(lambda sweep, _: sweeping.go_on(self, sweep))

    def action_extend(self) -> None:
        """More values of an axis."""
        self._with_selected(lambda sweep, _: sweeping.extend(self, sweep))

    def action_cancel(self) -> None:
        """Stop it."""
        self._with_selected(lambda sweep, busy: sweeping.cancel(self, sweep, busy))

    def action_forget(self) -> None:
        """Delete it."""
        self._with_selected(lambda sweep, _: sweeping.forget(self, sweep))

    def action_copy(self) -> None:
        """To the terminal's clipboard."""
        text = self.query_one(SweepTable).selected or EXAMPLE
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied {text}.")

    def action_back(self) -> None:
        """Drop the marks, or leave."""
        if self.marked:
            self.marked = frozenset()
        else:
            self.dismiss()
