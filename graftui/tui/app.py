"""The dashboard as an application: its screens, its colours, its reader thread.

    graftui        opens it

Owns what lives as long as the window. Quitting ends no run: it says how to find them again.
"""

import sys
import time
from collections.abc import Callable, Sequence

from textual.app import App
from textual.binding import Binding
from textual.filter import LineFilter
from textual.theme import Theme

from graftui.errors import GraftuiError
from graftui.settings import Settings
from graftui.tui.messages import SnapshotTaken, Trouble
from graftui.tui.reader import Reader
from graftui.tui.screens.runs import RunsScreen
from graftui.tui.snapshot import Snapshot
from graftui.tui.spelling import Spelling

CALM = Theme(
    name="graftui",
    dark=True,
    primary="#7fb4f0",
    secondary="#b49ae0",
    accent="#5fd0b0",
    warning="#e0b364",
    error="#ee7b78",
    success="#86c987",
    foreground="#c9d1dc",
    background="#10141a",
    surface="#141a22",
    panel="#1d2530",
    variables={
        "block-cursor-background": "#24405c",
        "block-cursor-foreground": "#e6ecf4",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#1e2c3c",
        "footer-key-foreground": "#5fd0b0",
        "footer-background": "#1d2530",
        "border": "#2c3846",
        "text-muted": "#8793a3",
        "text-disabled": "#5a6573",
    },
)


class GraftuiApp(App[None]):
    """One window on the registry of one working directory."""

    TITLE = "graftui"
    CSS_PATH = "app.tcss"
    BINDINGS = [Binding("ctrl+q,ctrl+c", "quit", "Quit", show=False, priority=True)]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        encoding: str = "utf-8",
    ) -> None:
        super().__init__()
        self.settings = settings
        self._spelling = Spelling(encoding)
        self.last: Snapshot | None = None
        """The newest snapshot."""
        self._runs_screen = RunsScreen(settings)
        self._reader = Reader(settings, self._tell, self._complain, clock)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Whatever is drawn goes through the last of them."""
        return (*super().get_line_filters(), self._spelling)

    def on_mount(self) -> None:
        """Paint first; the reader fills the screen when it has something to show."""
        self.register_theme(CALM)
        self.theme = CALM.name
        self.push_screen(self._runs_screen)
        look = self._reader.run
        self.run_worker(look, name="reader", group="reader", exclusive=True, thread=True)

    def on_unmount(self) -> None:
        """The reader is asleep most of the time: wake it, so that it can go."""
        self._reader.stop()

    def on_runs_screen_asked(self, event: RunsScreen.Asked) -> None:
        """Another question for the reader."""
        self._reader.ask(event.query)

    async def action_quit(self) -> None:
        """Close the window; say so if runs go on."""
        self._reader.stop()
        self.exit(message=self._farewell())

    def _farewell(self) -> str | None:
        active = self.last.active if self.last else ()
        if not active:
            return None
        runs = "1 run goes on" if len(active) == 1 else f"{len(active)} runs go on"
        return f"{runs}: graftui watch {active[0]}"

    def _tell(self, seen: Snapshot) -> None:
        self.last = seen
        self._runs_screen.post_message(SnapshotTaken(seen))

    def _complain(self, error: GraftuiError) -> None:
        self._runs_screen.post_message(Trouble(error))


def run(settings: Settings) -> None:
    """Open the dashboard; returns when it is closed."""
    # Textual draws on the standard error.
    encoding = sys.__stderr__.encoding if sys.__stderr__ else "utf-8"
    GraftuiApp(settings, encoding=encoding).run()
