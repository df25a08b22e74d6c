"""The tab of the log: a page of it, a line that says which, and a box for what is searched."""

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input, Static

from graftui.tui.run.feed import Detail
from graftui.tui.run.log_view import LogView
from graftui.tui.run.pane import Pane
from graftui.tui.text import data, say


class LogPane(Pane):
    """The log above, words below."""

    BINDINGS = [Binding("escape", "leave", show=False)]

    def compose(self) -> ComposeResult:
        """From top to bottom; nothing is searched yet."""
        yield LogView("log-body")
        box = Input(placeholder="search the log, from here up", compact=True, classes="search")
        box.display = False
        yield box
        yield Static(classes="note")

    def show(self, detail: Detail) -> None:
        """What was read of it."""
        if detail.log is not None:
            self.inside().show(detail.log)

    def forget(self) -> None:
        """Another run's."""
        self.inside().forget()

    def inside(self) -> LogView:
        """The page."""
        return self.query_one(LogView)

    def action_leave(self) -> None:
        """The box; else whoever is above leaves."""
        if not self.query_one(Input).display:
            raise SkipAction
        self._close()

    def _close(self) -> None:
        self.query_one(Input).display = False
        self.inside().focus()

    @on(LogView.SearchWanted)
    def _open(self, event: LogView.SearchWanted) -> None:
        event.stop()
        box = self.query_one(Input)
        box.value, box.display = self.inside().words, True
        box.focus()

    @on(Input.Submitted)
    def _search(self, event: Input.Submitted) -> None:
        event.stop()
        self._close()
        self.inside().look_for(event.value)

    @on(LogView.Wanted)
    def _wanted(self, event: LogView.Wanted) -> None:
        event.stop()
        self.post_message(self.Looked({"log": event.ask}))

    @on(LogView.Described)
    def _described(self, event: LogView.Described) -> None:
        event.stop()
        say(self.query_one(Static), data(f" {event.text}", "$text-muted"), layout=False)
