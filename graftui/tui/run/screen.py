"""One run all over the screen, its tabs by digits.

Owns the question of the run; what of it is in view is told by its widgets. Keys that do something
with the run are those of the main screen.
"""

from collections.abc import Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Footer, Static

from graftui.settings import Settings
from graftui.show.states import state
from graftui.tui.feed import Question
from graftui.tui.live import LiveScreen
from graftui.tui.reader import Reader
from graftui.tui.run.detail import TABS, RunDetail
from graftui.tui.run.feed import Detail, RunPage
from graftui.tui.text import TONES, data
from graftui.tui.verbs import ending, labelling, starting


class RunScreen(LiveScreen[None]):
    """A line that says which run, and its details."""

    BINDINGS = [
        Binding("escape,q", "dismiss", "Back", id="run.back", tooltip="back to the runs"),
        *(Binding(str(n), f"tab('{tab}')", tab.title(), show=False, id=f"run.{tab}",
                  tooltip=f"the {tab} of the run")
          for n, tab in enumerate(TABS, 1)),
        Binding("r", "rerun", "Re-run", id="run.rerun",
                tooltip="run it again, with changes"),
        Binding("c", "cancel", "Cancel", id="run.cancel",
                tooltip="cancel it (asks first; what is best so far is kept)"),
        Binding("d", "delete", "Delete", show=False, id="run.delete",
                tooltip="delete it (asks first)"),
        *labelling.bindings("run", "tag", "note", "star", "rename"),
    ]  # fmt: skip

    detail: reactive[Detail | None] = reactive(None)
    page: reactive[RunPage] = reactive(RunPage(""), init=False)

    def __init__(self, settings: Settings, reader: Reader, page: RunPage) -> None:
        super().__init__()
        self.settings = settings
        self.reader = reader
        self.set_reactive(RunScreen.page, page)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Static("", id="run-title")
        yield RunDetail(id="detail", page=self.page)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """The arrows are for what is open."""
        self.query_one(RunDetail).focus_body()

    def asks(self) -> Sequence[Question[Any]]:
        """The run."""
        return (self.page,)

    def advanced(self) -> None:
        """What is new of it, or that it is gone."""
        if detail := self.reader.answer(self.page):
            self.detail = detail
        elif self.reader.answered(self.page):
            gone = f" Run {self.page.id} is gone: it was deleted.  esc goes back"
            self.query_one("#run-title", Static).update(data(gone, "$error"))

    def watch_detail(self, detail: Detail | None) -> None:
        """Hand it on."""
        if detail is not None:
            self.query_one("#run-title", Static).update(_title(detail))
            self.query_one(RunDetail).show(detail)

    def watch_page(self) -> None:
        """Ask the reader."""
        self.ask()

    @on(RunDetail.Inspected)
    def _inspected(self, event: RunDetail.Inspected) -> None:
        self.page = event.page

    def action_tab(self, tab: str) -> None:
        """Open a tab, and let the arrows move in it."""
        self.query_one(RunDetail).open(tab)
        self.query_one(RunDetail).focus_body()

    def action_rerun(self) -> None:
        """Its form."""
        if self.detail:
            starting.rerun(self, self.detail.run)

    def action_cancel(self) -> None:
        """Stop it."""
        if self.detail:
            ending.cancel(self, [self.detail.run])

    def action_delete(self) -> None:
        """Delete it."""
        ending.delete(self, [self.page.id], [run.id for run in self.reader.active])

    def action_label(self, verb: str) -> None:
        """Say something of it."""
        labelling.VERBS[verb](self, [self.page.id])


def _title(detail: Detail) -> Content:
    run, look = detail.run, state(detail.run)
    return Content.assemble(
        " ", data(run.id, "bold"), "  ", data(run.name, "bold $primary"), "  ",
        data(run.kind, "$text-muted"), "  ",
        (f"{look.glyph} {look.word}", f"${TONES[look.tone]}"),
    )  # fmt: skip
