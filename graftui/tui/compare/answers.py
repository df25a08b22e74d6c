"""The pane of answers: rows of a table, and the whole text of that under the cursor.

Owns which rows are in view: lost, gained, or all. It is told what was answered, and what rows say.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from graftui.results.cells import Table
from graftui.tui.tables import FigureTable
from graftui.tui.text import data

if TYPE_CHECKING:  # it imports pydantic
    from graftui.results.answer_pairs import Pairs

FILTERS = ("lost", "gained", "all")


class AnswersView(Vertical):
    """Both answers to each row."""

    DEFAULT_CSS = """
    AnswersView { height: 1fr; }
    AnswersView > Static { height: auto; max-height: 4; padding: 0 1; background: $surface; }
    """

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._pairs: Pairs | None = None
        self._texts: Mapping[str, Sequence[str]] = {}
        self._table = FigureTable(f"{id}-table")
        self._whole = Static(id=f"{id}-text")
        self.filter = FILTERS[0]

    def compose(self) -> ComposeResult:
        """The table above."""
        yield self._table
        yield self._whole

    @property
    def table(self) -> Table | None:
        """What is in view."""
        return self._table.table

    def show(self, pairs: "Pairs", texts: Mapping[str, Sequence[str]]) -> Table:
        """Show these, in the filter that was chosen."""
        from graftui.results.answer_pairs import MOST, Change, table

        self._pairs, self._texts = pairs, texts
        change = None if self.filter == "all" else Change(self.filter)
        made = table(pairs, texts, change, MOST)
        self._table.show(made)
        self._say(0)
        return made

    def tell(self, problem: str) -> None:
        """Why there is nothing to show, and what to do about it."""
        self._whole.update(data(problem, "$warning"))

    def next_filter(self) -> Table | None:
        """The rows of the next one; None: there are none yet."""
        self.filter = FILTERS[(FILTERS.index(self.filter) + 1) % len(FILTERS)]
        return self.show(self._pairs, self._texts) if self._pairs else None

    @on(FigureTable.LineChosen)
    def _line_chosen(self, event: FigureTable.LineChosen) -> None:
        event.stop()
        self._say(event.line)

    def _say(self, line: int) -> None:
        rows = [row for _, row in self.table.lines()] if self.table else []
        self._whole.update(data(rows[line].name) if 0 <= line < len(rows) else "")
