"""Runs compared: what they differ in, and what came of it, in panes.

Owns which panes are open, and what each of them asks. What is said in them is worked out in
graftui.results, which the command line's `compare` asks too.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Footer, Static

from graftui.results.figures import counted
from graftui.settings import Settings
from graftui.tui.charts import ChartGrid
from graftui.tui.compare.feed import Curves, Figures, FiguresSeen, Sizes
from graftui.tui.feed import Question
from graftui.tui.live import LiveScreen
from graftui.tui.panes import Pane, PaneNames, Panes
from graftui.tui.reader import Reader
from graftui.tui.remembered import Remembered
from graftui.tui.tables import FigureTable

TITLES = {"figures": "Figures", "curves": "Curves", "sizes": "Sizes"}
"""Pane -> its title, in the order of their digits."""
_NOTHING = {
    "curves": "No run has measured anything yet.",
    "sizes": "No graft is among them: mark grafts with space, then compare.",
}
_FIRST: tuple[str, ...] = ("figures", "curves")
_KEPT = "compare.panes"
"""Name under which it is remembered which are open."""


class CompareScreen(LiveScreen[None]):
    """A column a run, or one for those that differ in seeds alone."""

    DEFAULT_CSS = """
    #compare-head { height: 1; background: $panel; }
    #compare-title { width: auto; }
    #compare-table, #compare-curves, #compare-sizes { height: 1fr; }
    """
    BINDINGS = [
        Binding("v", "seeds", "Over seeds", id="compare.seeds",
                tooltip="runs that differ in seeds alone as one column, or each by itself again"),
        Binding("a", "every", "All settings", id="compare.every",
                tooltip="all settings, or only those that differ"),
        Binding("z", "zoom", "Zoom", show=False, id="compare.zoom",
                tooltip="the pane that has the keys all over the screen, and back"),
        Binding("0", "reset", "Reset", show=False, id="compare.reset",
                tooltip="the layout that the screen comes with"),
        *(Binding(str(n), f"pane('{name}')", title, show=False, id=f"compare.{name}",
                  tooltip=f"open the pane of {title.lower()}, or close it")
          for n, (name, title) in enumerate(TITLES.items(), 1)),
        Binding("escape,q,equals_sign", "back", "Back", key_display="esc", id="compare.back",
                tooltip="back to the runs; out of a zoomed pane"),
    ]  # fmt: skip

    figures: reactive[Figures] = reactive(Figures(()), init=False)
    seen: reactive[FiguresSeen | None] = reactive(None)

    def __init__(self, settings: Settings, reader: Reader, ids: tuple[str, ...]) -> None:
        super().__init__()
        self.settings = settings
        self.reader = reader
        self.ids = ids
        self.set_reactive(CompareScreen.figures, Figures(ids))
        self._shown: tuple[str, ...] = ()
        self._grids = {name: ChartGrid(f"compare-{name}", text) for name, text in _NOTHING.items()}

    def compose(self) -> ComposeResult:
        """A line, the panes, the keys."""
        with Horizontal(id="compare-head"):
            yield Static(id="compare-title")
            yield PaneNames(TITLES)
        yield Panes(self._panes(), _FIRST, self._remembered.get(_KEPT, _names, ()))
        yield Footer(show_command_palette=False)

    def _panes(self) -> list[Pane]:
        inside: dict[str, Widget] = {
            "figures": FigureTable("compare-table"),
            **self._grids,
        }
        return [
            Pane(name, title, number, inside[name])
            for number, (name, title) in enumerate(TITLES.items(), 1)
        ]

    @property
    def _remembered(self) -> Remembered:
        return self.app.remembered  # type: ignore[attr-defined,no-any-return]

    # What was seen

    def asks(self) -> Sequence[Question[Any]]:
        """What the panes in view show; the figures always, as the title counts the runs."""
        asked: dict[str, Question[Any]] = {"curves": self._curves, "sizes": self._sizes}
        return (self.figures, *(asked[name] for name in self._shown if name in asked))

    @property
    def _curves(self) -> Curves:
        return Curves(self.ids, self.figures.over_seeds)

    @property
    def _sizes(self) -> Sizes:
        return Sizes(self.ids)

    def advanced(self) -> None:
        """They are compared again as they go on."""
        self.seen = self.reader.answer(self.figures) or self.seen
        for name, question in (("curves", self._curves), ("sizes", self._sizes)):
            if (charts := self.reader.answer(question)) is not None and self.is_attached:
                self._grids[name].show(charts)

    def watch_figures(self) -> None:
        """Ask the reader."""
        self.ask()

    def watch_seen(self, seen: FiguresSeen | None) -> None:
        """Fill the table."""
        if seen is not None:
            self._say_title()
            self.query_one("#compare-table", FigureTable).show(seen.table)

    def _say_title(self) -> None:
        """How many runs, and whether they are one column each."""
        counts = f"  {counted(self.seen.runs)}" if self.seen else "  reading …"
        over = " over seeds" if self.figures.over_seeds else ""
        title = Content.assemble((" compare", "bold $accent"), (counts + over, "$text-muted"))
        self.query_one("#compare-title", Static).update(title)

    @on(PaneNames.Chosen)
    def _chosen(self, event: PaneNames.Chosen) -> None:
        self.action_pane(event.name)

    @on(Panes.Arranged)
    def _arranged(self, event: Panes.Arranged) -> None:
        if event.open != self._remembered.get(_KEPT, _names, _FIRST):
            self._remembered.put(_KEPT, list(event.open))
        self._shown = event.shown
        self.query_one(PaneNames).show(event.shown)
        self.ask()

    # Keys

    def action_seeds(self) -> None:
        """Over seeds, or each by itself."""
        self.figures = replace(self.figures, over_seeds=not self.figures.over_seeds)

    def action_every(self) -> None:
        """All settings, or those that differ."""
        self.figures = replace(self.figures, every=not self.figures.every)

    def action_pane(self, name: str) -> None:
        """Open or close it."""
        self.query_one(Panes).toggle(name)

    def action_zoom(self) -> None:
        """One pane all over the screen."""
        self.query_one(Panes).zoom()

    def action_reset(self) -> None:
        """The first layout."""
        self.query_one(Panes).reset()

    def action_back(self) -> None:
        """Out of a zoomed pane, then out of the screen."""
        panes = self.query_one(Panes)
        if panes.zoomed:
            panes.zoom()
        else:
            self.dismiss(None)


def _names(value: Any) -> tuple[str, ...]:
    return tuple(str(name) for name in value if name in TITLES)
