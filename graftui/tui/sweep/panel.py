"""One sweep as a pane: title, axes, the matrix, and the cell under the cursor.

Owns its two questions to the reader; the screen asks them, and hands the answers back. Two panes
stand side by side where two sweeps are looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from graftui.models import Run
from graftui.results.sweep_matrix import Layout
from graftui.tui.feed import Question
from graftui.tui.reader import Reader
from graftui.tui.sweep import describe
from graftui.tui.sweep.describe import Told
from graftui.tui.sweep.feed import CellRuns, Gone, SweepPage, SweepSeen
from graftui.tui.sweep.grid import MatrixGrid

_MOST = 24
"""Results of a folded cell whose runs are asked for."""


class SweepPanel(Vertical):
    """From top to bottom."""

    DEFAULT_CSS = """
    SweepPanel > .title { height: 1; background: $panel; text-wrap: nowrap;
                          text-overflow: ellipsis; }
    SweepPanel > .axes { height: 1; }
    SweepPanel > .cell { height: auto; max-height: 9; border-top: solid $border; padding: 0 1; }
    .-short SweepPanel > .cell { max-height: 6; }
    """

    class Asking(Message):
        """It asks something else."""

    @dataclass
    class Moved(Message):
        """Its cursor is on another cell."""

        panel: "SweepPanel"

    def __init__(self, page: SweepPage) -> None:
        super().__init__()
        self.page = page
        self.seen: SweepSeen | None = None
        self.gone = False
        self._runs: tuple[Run, ...] = ()
        self._cell = CellRuns(())

    def compose(self) -> ComposeResult:
        """Title, axes, cells, the one under the cursor."""
        yield Static(classes="title")
        yield Static(classes="axes")
        yield MatrixGrid()
        yield Static(classes="cell")

    @property
    def grid(self) -> MatrixGrid:
        """The matrix."""
        return self.query_one(MatrixGrid)

    def asks(self) -> Sequence[Question[Any]]:
        """The sweep, and the runs of its cell."""
        return (self.page, self._cell) if self._cell.ids else (self.page,)

    def turn(self, layout: Layout | None = None, figure: str | None = None) -> None:
        """Show it otherwise."""
        layout = layout or self.page.layout
        figure = self.page.figure if figure is None else figure
        self.page = replace(self.page, layout=layout, figure=figure)
        self.post_message(self.Asking())

    def advanced(self, reader: Reader) -> None:
        """Take the new answers, if it stands already."""
        if not self.query(MatrixGrid):
            return
        seen = reader.answer(self.page)
        if isinstance(seen, Gone):
            self.gone, self.seen = True, None
            gone = f" Sweep {self.page.id} is gone: it was deleted.  esc goes back"
            self.query_one(".title", Static).update(Content.styled(gone, "$error"))
        elif seen is not None and seen != self.seen:
            self.show(seen)
        runs = reader.answer(self._cell) if self._cell.ids else ()
        if runs is not None and runs != self._runs:
            self._runs = runs
            self._say()

    def show(self, seen: SweepSeen) -> None:
        """The sweep as it stands now."""
        self.seen = seen
        self.query_one(".title", Static).update(describe.title(seen))
        self.grid.show(seen.matrix)
        self._say()

    @property
    def runs(self) -> tuple[Run, ...]:
        """Of the cell under the cursor, each after those that it is made from."""
        return self._runs if {run.id for run in self._runs} >= {*self._cell.ids} else ()

    @on(MatrixGrid.Chosen)
    def _chosen(self, event: MatrixGrid.Chosen) -> None:
        event.stop()
        under = self.grid.under_cursor()
        results = under[2].results if under and under[2] else ()
        ids = tuple(result.run.id for result in results[:_MOST] if result.run)
        if ids != self._cell.ids:
            self._cell, self._runs = CellRuns(ids), ()
            self.post_message(self.Asking())
        self._say()
        self.post_message(self.Moved(self))

    def told(self) -> Told:
        """The sweep, and the cell under its cursor."""
        under = self.grid.under_cursor()
        return Told(self.page.id, self.page.figure, self.grid.point, under[2] if under else None)

    def _say(self) -> None:
        """Axes and cell, in words."""
        seen, under = self.seen, self.grid.under_cursor()
        if seen is None:
            return
        self.query_one(".axes", Static).update(describe.axes(seen.matrix, self.grid.extent))
        if under is not None:
            row, column, folded = under
            text = describe.cell(seen.matrix, row.at, column, folded, self._runs, seen.now)
            self.query_one(".cell", Static).update(text)
