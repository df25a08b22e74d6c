"""The details of one run, in tabs: a pane of the main screen, and the run's own screen.

Announces what of which run is in view, so that only that is read.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget
from textual.widgets import TabbedContent, TabPane

from graftui.tui import describe
from graftui.tui.run.curves_pane import CurvesPane
from graftui.tui.run.feed import Detail, RunPage
from graftui.tui.run.files_pane import FilesPane
from graftui.tui.run.log import LogAsk
from graftui.tui.run.log_pane import LogPane
from graftui.tui.run.map_pane import MapPane
from graftui.tui.run.pane import Pane, TextPane

PANES: dict[str, Callable[[str], Pane]] = {
    "summary": lambda id: TextPane(id, describe.summary),
    "curves": CurvesPane,
    "log": LogPane,
    "config": lambda id: TextPane(id, describe.config),
    "attempts": lambda id: TextPane(id, describe.attempts),
    "files": FilesPane,
    "map": MapPane,
}
"""Tab -> what makes its inside, in the order of their digits."""
TABS = tuple(PANES)
NOTHING = RunPage("")
"""No run."""


class RunDetail(Widget):
    """All that is known of a run, a tab at a time."""

    @dataclass
    class Inspected(Message):
        """Something else is in view: another run, another tab, more of one."""

        page: RunPage

    def __init__(self, id: str, page: RunPage = NOTHING) -> None:
        super().__init__(id=id)
        self.page = page
        """What is in view."""
        self._detail: Detail | None = None

    def compose(self) -> ComposeResult:
        """A pane a tab."""
        with TabbedContent(initial=self.page.tab):
            for number, (tab, pane) in enumerate(PANES.items(), 1):
                with TabPane(f"{number} {tab.title()}", id=tab):
                    yield pane(f"{tab}-pane")

    @property
    def tab(self) -> str:
        """The open tab."""
        return self.query_one(TabbedContent).active

    @property
    def _pane(self) -> Pane:
        return self.query_one(f"#{self.tab}-pane", Pane)

    def open(self, tab: str) -> None:
        """Open a tab."""
        self.query_one(TabbedContent).active = tab

    def inspect(self, id: str) -> None:
        """Another run."""
        self._look(replace(self.page, id=id, log=LogAsk()))

    def _look(self, page: RunPage) -> None:
        if page != self.page:
            self.page = page
            self.post_message(self.Inspected(page))

    def focus_body(self) -> None:
        """Let the keys be for what is open."""
        self._pane.inside().focus()

    def show(self, detail: Detail | None) -> None:
        """Show another run, or what is new of this one."""
        if detail is not None and (self._detail is None or self._detail.run.id != detail.run.id):
            for pane in self.query(Pane):
                pane.forget()
        self._detail = detail
        self._draw()

    @on(TabbedContent.TabActivated)
    def _opened(self, event: TabbedContent.TabActivated) -> None:
        event.stop()
        self._draw()
        self._look(replace(self.page, tab=str(event.pane.id)))

    @on(Pane.Looked)
    def _looked(self, event: Pane.Looked) -> None:
        event.stop()
        self._look(replace(self.page, **event.changes))

    def on_resize(self) -> None:
        """Bars are as long as there is room."""
        self._draw()

    def _draw(self) -> None:
        """Only the open tab: the others are drawn when they are opened."""
        self.set_class(self._detail is None, "-empty")
        if self._detail is not None:
            self._pane.show(self._detail)
