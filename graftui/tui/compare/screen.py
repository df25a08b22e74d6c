"""Runs compared: what they differ in, and what came of it, in panes.

Owns which panes are open, and what each of them asks. What is said in them is worked out in
graftui.results, which the command line's `compare` asks too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from graftui.results.cells import Table
from graftui.results.chart import Chart
from graftui.results.figures import counted
from graftui.settings import Settings
from graftui.tui.background import start
from graftui.tui.charts import ChartGrid
from graftui.tui.compare import jobs
from graftui.tui.compare.answers import AnswersView
from graftui.tui.compare.asking import AskingScreen
from graftui.tui.compare.feed import Curves, Differences, DifferencesSeen, Figures, Sizes
from graftui.tui.compare.jobs import (
    CHART_ENDINGS,
    PICTURE_ENDINGS,
    TABLE_ENDINGS,
)
from graftui.tui.dialogs.choice import ChoiceScreen, Option
from graftui.tui.dialogs.saving import SavingScreen
from graftui.tui.feed import Question
from graftui.tui.footer import KeyFooter
from graftui.tui.panes import Pane, PaneNames, Panes
from graftui.tui.reader import Reader
from graftui.tui.remembered import Remembered
from graftui.tui.tables import FigureTable
from graftui.tui.verbs import labelling

TITLES = {
    "figures": "Figures", "curves": "Curves", "sizes": "Sizes", "differences": "Differences",
    "overlap": "Overlap", "answers": "Answers",
}  # fmt: skip
"""Pane -> its title, in the order of their digits."""
_NOTHING = {
    "curves": "No run has measured anything yet.",
    "sizes": "No graft is among them: mark grafts with space, then compare.",
}
_FIRST: tuple[str, ...] = ("figures", "curves")
_KEPT = "compare.panes"
"""Name under which it is remembered which are open."""


class CompareScreen(AskingScreen):
    """A column a run, or one for those that differ in seeds alone."""

    DEFAULT_CSS = """
    #compare-head { height: 1; background: $panel; }
    #compare-title { width: auto; }
    CompareScreen FigureTable, CompareScreen ChartGrid { height: 1fr; }
    """
    BINDINGS = [
        Binding("v", "seeds", "Over seeds", id="compare.seeds",
                tooltip="runs that differ in seeds alone as one column, or each by itself again"),
        Binding("a", "every", "All settings", id="compare.every",
                tooltip="all settings, or only those that differ"),
        Binding("b", "baseline", "Baseline", id="compare.baseline",
                tooltip="choose what the differences per seed are taken from"),
        Binding("e", "export", "Export", id="compare.export",
                tooltip="write what the pane with the keys shows: CSV, JSON, Markdown, LaTeX, "
                "Parquet; PDF, SVG, PNG"),
        Binding("z", "zoom", "Zoom", show=False, id="compare.zoom",
                tooltip="the pane that has the keys all over the screen, and back"),
        Binding("0", "reset", "Reset", show=False, id="compare.reset",
                tooltip="the layout that the screen comes with"),
        *(Binding(str(n), f"pane('{name}')", title, show=False, id=f"compare.{name}",
                  tooltip=f"open the pane of {title.lower()}, or close it")
          for n, (name, title) in enumerate(TITLES.items(), 1)),
        *labelling.bindings("compare", "tag", "note", "star"),
        Binding("escape,q,equals_sign", "back", "Back", key_display="esc", id="compare.back",
                tooltip="back to the runs; out of a zoomed pane"),
    ]  # fmt: skip

    figures: reactive[Figures] = reactive(Figures(()), init=False, repaint=False)
    differences: reactive[Differences] = reactive(Differences(()), init=False, repaint=False)
    answers: reactive[Mapping[str, Any]] = reactive({}, repaint=False)
    """Pane -> what it shows."""

    def __init__(self, settings: Settings, reader: Reader, ids: tuple[str, ...]) -> None:
        super().__init__(settings, reader, ids)
        self.set_reactive(CompareScreen.figures, Figures(ids))
        self.set_reactive(CompareScreen.differences, Differences(ids))
        self._inside: dict[str, Widget] = {
            "figures": FigureTable("compare-figures"),
            "differences": self.apart,
            "overlap": self.matrix,
            "answers": self.rows,
            **{name: ChartGrid(f"compare-{name}", text) for name, text in _NOTHING.items()},
        }

    def compose(self) -> ComposeResult:
        """A line, the panes, the keys."""
        with Horizontal(id="compare-head"):
            yield Static(id="compare-title")
            yield PaneNames(TITLES)
        panes = [
            Pane(name, title, number, self._inside[name])
            for number, (name, title) in enumerate(TITLES.items(), 1)
        ]
        yield Panes(panes, _FIRST, self._remembered.get(_KEPT, _names, ()))
        yield KeyFooter()

    @property
    def _remembered(self) -> Remembered:
        return self.app.remembered  # type: ignore[attr-defined,no-any-return]

    # What was seen

    def asks(self) -> Sequence[Question[Any]]:
        """What the panes in view show; the figures always, as the title counts the runs."""
        wanted = (*self.shown, "figures")
        return [question for name, question in self._questions().items() if name in wanted]

    def _questions(self) -> dict[str, Question[Any]]:
        """Of each pane."""
        return {
            "figures": self.figures,
            "curves": Curves(self.ids, self.figures.over_seeds),
            "sizes": Sizes(self.ids),
            "differences": self.differences,
        }

    def advanced(self) -> None:
        """They are compared again as they go on."""
        read = {name: self.reader.answer(each) for name, each in self._questions().items()}
        news = {name: answer for name, answer in read.items() if answer is not None}
        self.answers = {**self.answers, **news}

    def on_mount(self) -> None:
        """Show what came before there was anything to show it in."""
        self.watch_answers({}, self.answers)

    def watch_figures(self) -> None:
        """Ask the reader."""
        self.ask()

    def watch_differences(self) -> None:
        """Ask the reader."""
        self.ask()

    def watch_answers(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Hand on what is new."""
        if not self.is_attached:
            return
        for name, answer in new.items():
            inside = self._inside[name]
            if answer is old.get(name):
                continue
            if isinstance(inside, ChartGrid):
                inside.show(answer)
            elif isinstance(answer, DifferencesSeen):
                self.show_differences(answer, self.differences.baseline)
            elif isinstance(inside, FigureTable):
                self._show_table(name, answer.table)
        self._say_title()

    def _show_table(self, name: str, table: Table) -> None:
        inside = self._inside[name]
        if isinstance(inside, FigureTable):
            inside.show(table)
            self.pane(name).say("  ".join(table.notes))

    def _say_title(self) -> None:
        """How many runs, and whether they are one column each."""
        seen = self.answers.get("figures")
        counts = f"  {counted(seen.runs)}" if seen else "  reading …"
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
        self.shown = event.shown
        self.query_one(PaneNames).show(event.shown)
        self.ask()
        self.ask_engine()

    # Keys

    def action_label(self, verb: str) -> None:
        """Say something of all runs that are compared."""
        labelling.VERBS[verb](self, self.ids)

    def action_seeds(self) -> None:
        """Over seeds, or each by itself."""
        self.figures = replace(self.figures, over_seeds=not self.figures.over_seeds)

    def action_every(self) -> None:
        """All settings, or those that differ."""
        self.figures = replace(self.figures, every=not self.figures.every)

    def action_baseline(self) -> None:
        """Choose it, and open the pane of differences."""
        self.show_pane("differences")
        seen: DifferencesSeen | None = self.answers.get("differences")
        if seen is None:  # it is being read
            return
        options = [Option(id, label, "") for id, label in seen.baselines]

        def chosen(id: str | None) -> None:
            if id:
                self.differences = replace(self.differences, baseline=id)

        current = self.differences.baseline or seen.baselines[0][0]
        self.app.push_screen(ChoiceScreen("Differences from", options, current), chosen)

    def action_export(self) -> None:
        """Ask where, then write what the pane that has the keys shows."""
        name = self.query_one(Panes).current
        what = self._in_view(name)
        if not what:
            self.notify("There is nothing in this pane to write.", severity="warning")
            return
        title = TITLES[name].lower()
        ending, endings = ".csv", tuple(TABLE_ENDINGS)
        if name == "overlap":
            endings += PICTURE_ENDINGS
        if not isinstance(what, Table):
            ending, endings = ".svg", CHART_ENDINGS
        note = f"Figures are drawn by matplotlib: {', '.join(PICTURE_ENDINGS)}."

        def chosen(path: Path | None) -> None:
            if path:
                start(self, "export", partial(jobs.export, path, what, title))

        screen = SavingScreen(
            self.settings,
            f"the {title}",
            f"{title}{ending}",
            endings,
            note if ".svg" in endings else "",
        )
        self.app.push_screen(screen, chosen)

    def _in_view(self, name: str) -> Table | Sequence[Chart] | None:
        inside = self._inside[name]
        if isinstance(inside, ChartGrid):
            return inside.charts
        return inside.table if isinstance(inside, FigureTable | AnswersView) else None

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
