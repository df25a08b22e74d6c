"""The details of one run, in tabs: a pane of the main screen, and the run's own screen.

Announces what of which run is in view, so that only that is read.
"""

from dataclasses import asdict, dataclass, replace

from textual import on
from textual.app import ComposeResult
from textual.containers import ScrollableContainer, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static, TabbedContent, TabPane

from graftui.results.curve_view import View
from graftui.tui import describe
from graftui.tui.remembered import Remembered
from graftui.tui.run.curves import Curves
from graftui.tui.run.feed import Detail, RunPage
from graftui.tui.run.log import WINDOW, Log

TABS = ("summary", "curves", "log", "config")
_VIEW = "run.curves"
"""Name of how somebody looks at curves, as it is remembered."""
NOTHING = RunPage("")
"""No run."""


class LogBody(VerticalScroll):
    """Announces that somebody looks for what was said before."""

    class EarlierWanted(Message):
        """The user went to the first line, or on from there."""

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """By keys or mouse."""
        super().watch_scroll_y(old_value, new_value)
        if new_value <= 0 < old_value:
            self.post_message(self.EarlierWanted())

    def action_scroll_up(self) -> None:
        """On from the first line, where there may be too few to scroll."""
        if self.scroll_y <= 0:
            self.post_message(self.EarlierWanted())
        super().action_scroll_up()

    def keep(self, lines: int) -> None:
        """Stay with what is in view, now that so many lines came before it."""
        self.scroll_to(y=self.scroll_y + lines, animate=False, force=True)


class RunDetail(Widget):
    """Summary, Config, Curves and Log of the run under the cursor."""

    @dataclass
    class Inspected(Message):
        """Something else is in view: another run, another tab, more of one."""

        page: RunPage

    def __init__(self, id: str, page: RunPage = NOTHING) -> None:
        super().__init__(id=id)
        self.page = page
        """What is in view."""
        self._detail: Detail | None = None
        self._log: Log | None = None
        """What the log was last drawn from."""

    def compose(self) -> ComposeResult:
        """A pane a tab."""
        view = self._remembered.get(_VIEW, lambda raw: View(**raw).checked(), View())
        with TabbedContent(initial=self.page.tab):
            for number, tab in enumerate(TABS, 1):
                with TabPane(f"{number} {tab.title()}", id=tab):
                    if tab == "curves":
                        yield Curves("curves-body", view)
                        yield Static(id="curves-note")
                    else:
                        body = LogBody if tab == "log" else VerticalScroll
                        with body(id=f"{tab}-body"):
                            yield Static(id=f"{tab}-text")

    @property
    def _remembered(self) -> Remembered:
        return self.app.remembered  # type: ignore[attr-defined,no-any-return]

    @property
    def tab(self) -> str:
        """The open tab."""
        return self.query_one(TabbedContent).active

    def open(self, tab: str) -> None:
        """Open a tab."""
        self.query_one(TabbedContent).active = tab

    def inspect(self, id: str) -> None:
        """Another run."""
        self._look(replace(self.page, id=id, log_lines=WINDOW))

    def _look(self, page: RunPage) -> None:
        if page != self.page:
            self.page = page
            self.post_message(self.Inspected(page))

    def focus_body(self) -> None:
        """Let the arrows scroll what is open."""
        self.query_one(f"#{self.tab}-body").focus()

    def show(self, detail: Detail | None) -> None:
        """Show another run, or what is new of this one."""
        if detail is not None and (self._detail is None or self._detail.run.id != detail.run.id):
            self._log = None
            for pane in self.query(ScrollableContainer):
                pane.scroll_home(animate=False)
        self._detail = detail
        self._draw()

    @on(TabbedContent.TabActivated)
    def _opened(self, event: TabbedContent.TabActivated) -> None:
        event.stop()
        self._draw()
        self._look(replace(self.page, tab=str(event.pane.id), log_lines=WINDOW))

    @on(Curves.Wanted)
    def _curves_wanted(self, event: Curves.Wanted) -> None:
        event.stop()
        self._look(replace(self.page, curves=event.keys, along=event.along))

    @on(Curves.Described)
    def _curves_described(self, event: Curves.Described) -> None:
        event.stop()
        self.query_one("#curves-note", Static).update(describe.looked_at(event))

    @on(Curves.Chosen)
    def _view_chosen(self, event: Curves.Chosen) -> None:
        event.stop()
        self._remembered.put(_VIEW, asdict(event.view))

    @on(LogBody.EarlierWanted)
    def _earlier_wanted(self, event: LogBody.EarlierWanted) -> None:
        event.stop()
        if self._detail and self._detail.log and self._detail.log.more:
            self._look(replace(self.page, log_lines=self._detail.log.asked + WINDOW))

    def on_resize(self) -> None:
        """Bars are as long as there is room."""
        self._draw()

    def _draw(self) -> None:
        """Only the open tab: the others are drawn when they are opened."""
        detail, tab = self._detail, self.tab
        self.set_class(detail is None, "-empty")
        if detail is None:
            return
        if tab == "summary":
            text = describe.summary(detail, self.size.width)
            self.query_one("#summary-text", Static).update(text)
        elif tab == "config":
            self.query_one("#config-text", Static).update(describe.config(detail.run))
        elif tab == "curves" and detail.curves is not None:
            self.query_one(Curves).show(detail)
        elif tab == "log" and detail.log is not None and detail.log != self._log:
            self._follow(detail.log)

    def _follow(self, log: Log) -> None:
        """The log, staying at its end if that is what was in view, else with what was in view."""
        body, before = self.query_one("#log-body", LogBody), self._log
        at_end = body.scroll_offset.y >= body.max_scroll_y
        earlier = before is not None and log.asked > before.asked
        height = body.virtual_size.height
        self._log = log
        self.query_one("#log-text", Static).update(describe.log(log))
        if earlier:
            self.call_after_refresh(lambda: body.keep(body.virtual_size.height - height))
        elif at_end:
            body.scroll_end(animate=False)
