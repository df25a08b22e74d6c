"""The details of one run, in tabs: a pane of the main screen, and the run's own screen.

Announces what of which run is in view, so that only that is read. What is inside a tab is made when
it is opened the first time, and hears of another run when it is shown it.
"""

import asyncio
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
        self._panes: dict[str, Pane] = {}
        """Tab -> its inside, once it is there."""
        self._shown: dict[str, str] = {}
        """Tab -> the run that its inside was last shown."""
        self._making = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """Empty tabs."""
        with TabbedContent(initial=self.page.tab):
            for number, tab in enumerate(TABS, 1):
                yield TabPane(f"{number} {tab.title()}", id=tab)

    @property
    def tab(self) -> str:
        """The open tab."""
        return self.query_one(TabbedContent).active

    def open(self, tab: str) -> None:
        """Open a tab."""
        self.query_one(TabbedContent).active = tab

    async def _make(self, tab: str) -> None:
        """The inside of a tab, if it is not there; once, whoever else asks meanwhile."""
        async with self._making:
            if tab not in self._panes:
                pane = PANES[tab](f"{tab}-pane")
                await self.query_one(f"#{tab}", TabPane).mount(pane)
                self._panes[tab] = pane

    @property
    def _pane(self) -> Pane | None:
        """The inside of the open tab; None where it is yet to be made, or goes with its screen:
        then what is in it is gone, or never came.
        """
        pane = self._panes.get(self.tab)
        return pane if pane is not None and pane.is_mounted and pane.display else None

    def inspect(self, id: str) -> None:
        """Another run."""
        self._look(replace(self.page, id=id, log=LogAsk()))

    def _look(self, page: RunPage) -> None:
        if page != self.page:
            self.page = page
            self.post_message(self.Inspected(page))

    async def focus_body(self) -> None:
        """Let the keys be for what is open."""
        await self._make(self.tab)
        if pane := self._pane:
            pane.inside().focus()

    def show(self, detail: Detail | None) -> None:
        """Show another run, or what is new of this one."""
        self._detail = detail
        self._draw()

    @on(TabbedContent.TabActivated)
    async def _opened(self, event: TabbedContent.TabActivated) -> None:
        event.stop()
        self._look(replace(self.page, tab=str(event.pane.id)))
        await self._make(str(event.pane.id))
        self._draw()

    @on(Pane.Looked)
    def _looked(self, event: Pane.Looked) -> None:
        event.stop()
        self._look(replace(self.page, **event.changes))

    def on_resize(self) -> None:
        """Bars are as long as there is room."""
        self._draw()

    def _draw(self) -> None:
        """Only the open tab: the others are drawn when they are opened."""
        detail, pane = self._detail, self._pane
        self.set_class(detail is None, "-empty")
        if detail is None or pane is None:
            return
        if self._shown.get(self.tab) != detail.run.id:
            self._shown[self.tab] = detail.run.id
            pane.forget()
        pane.show(detail)
