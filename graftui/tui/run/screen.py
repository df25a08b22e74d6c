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
from textual.widgets import Static

from graftui.models import RunStatus
from graftui.settings import Settings
from graftui.show.states import state
from graftui.tui.feed import Question
from graftui.tui.footer import KeyFooter
from graftui.tui.live import LiveScreen
from graftui.tui.reader import Reader
from graftui.tui.run.detail import TABS, RunDetail
from graftui.tui.run.feed import Detail, RunPage
from graftui.tui.text import TONES, data
from graftui.tui.verbs import ending, labelling, starting


class RunScreen(LiveScreen[None]):
    """A line that says which run, and its details."""

    DEFAULT_CSS = """
    RunScreen.-zoomed > #run-title, RunScreen.-zoomed Tabs, RunScreen.-zoomed > Footer {
        display: none;
    }
    """
    BINDINGS = [
        Binding("escape,q", "back", "Back", id="run.back",
                tooltip="out of a zoomed pane; back to the runs"),
        *(Binding(str(n), f"tab('{tab}')", tab.title(), show=False, id=f"run.{tab}",
                  tooltip=f"the {tab} of the run")
          for n, tab in enumerate(TABS, 1)),
        Binding("r", "rerun", "Re-run", id="run.rerun",
                tooltip="run it again, with changes"),
        Binding("c", "cancel", "Cancel", id="run.cancel",
                tooltip="cancel it (asks first; what is best so far is kept)"),
        Binding("l", "release", "Release", id="run.release",
                tooltip="let it go, if it is held: it is queued"),
        Binding("z", "zoom", "Zoom", show=False, id="run.zoom",
                tooltip="what is open all over the screen, without its frame; again: with it"),
        Binding("d", "delete", "Delete", show=False, id="run.delete",
                tooltip="delete it (asks first)"),
        *labelling.bindings("run", "tag", "note", "star", "rename"),
    ]  # fmt: skip

    detail: reactive[Detail | None] = reactive(None, repaint=False)
    page: reactive[RunPage] = reactive(RunPage(""), init=False, repaint=False)

    def __init__(self, settings: Settings, reader: Reader, page: RunPage) -> None:
        super().__init__(settings, reader)
        self.set_reactive(RunScreen.page, page)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Static("", id="run-title")
        yield RunDetail(id="detail", page=self.page)
        yield KeyFooter()

    async def on_mount(self) -> None:
        """The arrows are for what is open."""
        await self.query_one(RunDetail).focus_body()

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

    def chosen(self) -> Sequence[str]:
        """This one."""
        return (self.page.id,)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What can be done with the run as it stands."""
        run = self.detail.run if self.detail else None
        if action == "cancel":
            return run is not None and (run.status.active or run.status is RunStatus.held)
        if action == "release":
            return run is not None and run.status is RunStatus.held
        return True

    def watch_detail(self, old: Detail | None, detail: Detail | None) -> None:
        """Hand it on."""
        if (old and old.run.status) != (detail and detail.run.status):
            self.refresh_bindings()
        if detail is not None:
            self.query_one("#run-title", Static).update(_title(detail))
            self.query_one(RunDetail).show(detail)

    def watch_page(self) -> None:
        """Ask the reader."""
        self.ask()

    @on(RunDetail.Inspected)
    def _inspected(self, event: RunDetail.Inspected) -> None:
        self.page = event.page

    async def action_tab(self, tab: str) -> None:
        """Open a tab, and let the arrows move in it."""
        self.query_one(RunDetail).open(tab)
        await self.query_one(RunDetail).focus_body()

    def action_back(self) -> None:
        """Its frame again, or back."""
        if self.has_class("-zoomed"):
            self.remove_class("-zoomed")
        else:
            self.dismiss()

    def action_zoom(self) -> None:
        """Its frame, or none."""
        self.toggle_class("-zoomed")

    def action_release(self) -> None:
        """Queue it."""
        if self.detail:
            starting.release(self, [self.detail.run])

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
