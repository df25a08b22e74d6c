"""Those panes of the compare screen whose answers take seconds: overlap, answers, differences.

Owns when the engine is asked: once a pane is in view, and once for each choice; and when
differences are tested: once for what was seen of them. What comes of it is a message, and what
cannot be answered is said in the pane.
"""

from collections.abc import Sequence
from functools import partial

from textual import on
from textual.binding import Binding

from graftui.results.cells import Table
from graftui.settings import Settings
from graftui.tui.background import start
from graftui.tui.compare import jobs
from graftui.tui.compare.answers import AnswersView
from graftui.tui.compare.feed import DifferencesSeen
from graftui.tui.compare.jobs import AnswersRead, DifferencesTested, OverlapKnown
from graftui.tui.dialogs.choice import ChoiceScreen, Option
from graftui.tui.live import LiveScreen
from graftui.tui.panes import Pane, Panes
from graftui.tui.reader import Reader
from graftui.tui.tables import FigureTable

_ASKING = "asking the engine, which takes some seconds to load …"


class AskingScreen(LiveScreen[None]):
    """A screen with the panes `overlap`, `answers` and `differences`."""

    BINDINGS = [
        Binding("m", "measure", "Measure", show=False, id="compare.measure",
                tooltip="of overlap: Jaccard, directed, against chance, or that per tensor"),
        Binding("p", "pair", "Pair", show=False, id="compare.pair",
                tooltip="choose whose answers are compared: of a graft and its model, or two runs"),
        Binding("f", "filter", "Rows", show=False, id="compare.filter",
                tooltip="of answers: the rows that are lost, gained, or all"),
    ]  # fmt: skip

    def __init__(self, settings: Settings, reader: Reader, ids: tuple[str, ...]) -> None:
        super().__init__(settings, reader)
        self.ids = ids
        self.shown: tuple[str, ...] = ()
        """The panes in view."""
        self.matrix = FigureTable("compare-overlap")
        self.rows = AnswersView("compare-answers")
        self.apart = FigureTable("compare-differences")
        self._differences: Table | None = None
        """As they were seen last, before they are tested."""
        self._testing: Table | None = None
        """Those that are being tested, or were last."""
        self._tested: DifferencesTested | None = None
        self._overlap: OverlapKnown | None = None
        self._asked = False
        """Whether the engine was asked what the skills share."""
        self._measure = 0
        self._pair: tuple[str, ...] = ()
        """The runs whose answers are compared; empty: nobody has looked yet."""

    def chosen(self) -> Sequence[str]:
        """All that are compared."""
        return self.ids

    def ask_engine(self) -> None:
        """Have what is in view answered, if nobody has asked yet."""
        if "overlap" in self.shown and not self._asked:
            self._asked = True
            self.pane("overlap").say(_ASKING)
            start(self, "overlap", partial(jobs.overlap, self.settings, self.ids), looks=True)
        if "answers" in self.shown and not self._pair:
            self._read_answers(self.ids[:1])

    def _read_answers(self, ids: tuple[str, ...]) -> None:
        self._pair = ids
        self.pane("answers").say("reading …")
        start(self, "answers", partial(jobs.answers, self.settings, ids), looks=True)

    @on(AnswersRead)
    def _answers_read(self, event: AnswersRead) -> None:
        if event.ids != self._pair:  # others have been chosen since
            return
        if event.pairs is None:
            self.pane("answers").say("")
            self.rows.tell(f"{event.problem} Press p to choose whose answers are compared.")
            return
        self._say_rows(self.rows.show(event.pairs, event.texts), event.problem)
        if not event.texts and not event.problem:
            self._say_rows(self.rows.table, _ASKING)
            start(self, "answers", partial(jobs.texts, self.settings, event), looks=True)

    def _say_rows(self, table: Table | None, more: str = "") -> None:
        if table is not None:
            notes = (self.rows.filter, *table.notes, more)
            self.pane("answers").say("  ".join(filter(None, notes)))

    @on(OverlapKnown)
    def _overlap_known(self, event: OverlapKnown) -> None:
        self._overlap = event
        self._show_overlap()

    def _show_overlap(self) -> None:
        known = self._overlap
        if known is None or known.shared is None:
            self.pane("overlap").say(known.problem if known else "")
            return
        from graftui.results.overlaps import Measure, overlap  # it imports pydantic

        measure = [*Measure][self._measure % len(Measure)]
        table = overlap(known.shared, known.labels, measure)
        self.matrix.show(table)
        self.pane("overlap").say("  ".join(table.notes))

    def show_differences(self, seen: DifferencesSeen, baseline: str) -> None:
        """Show them, and have them tested: intervals take a moment, and come after."""
        self._differences = seen.table
        self._show_tested()
        if seen.table.heads and seen.table != self._testing:
            self._testing = seen.table
            job = partial(jobs.differences, self.settings, self.ids, baseline, seen.table)
            start(self, "differences", job, looks=True)

    @on(DifferencesTested)
    def _differences_tested(self, event: DifferencesTested) -> None:
        self._tested = event
        self._show_tested()

    def _show_tested(self) -> None:
        tested, table = self._tested, self._differences
        if table is None:
            return
        if tested is not None and tested.of == table:
            table = tested.table
        self.apart.show(table)
        self.pane("differences").say("  ".join(table.notes))

    def pane(self, name: str) -> Pane:
        """The pane of that name."""
        return self.query_one(f"#pane-{name}", Pane)

    def show_pane(self, name: str) -> None:
        """Bring it into view, if it is not."""
        if name not in self.shown:
            self.query_one(Panes).toggle(name)

    def action_measure(self) -> None:
        """The next measure of overlap; opens the pane if it is not in view."""
        if "overlap" not in self.shown:
            self.show_pane("overlap")
        elif self._overlap:
            self._measure += 1
            self._show_overlap()

    def action_filter(self) -> None:
        """The next choice of rows; opens the pane if it is not in view."""
        if "answers" not in self.shown:
            self.show_pane("answers")
        else:
            self._say_rows(self.rows.next_filter())

    def action_pair(self) -> None:
        """Choose whose answers are compared."""
        first, *others = self.ids
        options = [Option(id, id, "what it started from, and its result") for id in self.ids]
        options += [Option(f"{first} {id}", f"{first} → {id}", "their results") for id in others]

        def chosen(key: str | None) -> None:
            if key:
                self.show_pane("answers")
                self._read_answers(tuple(key.split()))

        current = " ".join(self._pair)
        self.app.push_screen(ChoiceScreen("Answers of", options, current), chosen)
