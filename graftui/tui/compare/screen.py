"""Runs side by side: what they differ in, then their scores. The best of each row stands out."""

from collections.abc import Sequence
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import DataTable, Footer, Static

from graftui.models import Run
from graftui.planning.values import written
from graftui.results.figures import LESS_IS_BETTER, NEITHER_IS_BETTER, NOT_KNOWN, compared
from graftui.results.side_by_side import Comparison
from graftui.show.states import state
from graftui.terminal import Text
from graftui.text import visible
from graftui.tui.compare.feed import Comparing
from graftui.tui.feed import Question
from graftui.tui.live import LiveScreen
from graftui.tui.reader import Reader
from graftui.tui.text import TONES, cut, palette

_WIDEST = 60
"""Cells of a column, at most."""


class CompareScreen(LiveScreen[None]):
    """A column a run, a row a setting or a score."""

    BINDINGS = [
        Binding("escape,q,equals_sign", "dismiss", "Back", key_display="esc", id="compare.back",
                tooltip="back to the runs"),
    ]  # fmt: skip

    comparison: reactive[Comparison | None] = reactive(None)

    def __init__(self, reader: Reader, ids: tuple[str, ...]) -> None:
        super().__init__()
        self.reader = reader
        self._question = Comparing(ids)
        self._shown: list[list[Text]] = []

    def compose(self) -> ComposeResult:
        """One table, so that both parts scroll together."""
        yield Static(id="compare-title")
        yield DataTable[Text](id="compare-table", cursor_type="row", fixed_columns=1,
                              cursor_foreground_priority="renderable")  # fmt: skip
        yield Footer(show_command_palette=False)

    def asks(self) -> Sequence[Question[Any]]:
        """The runs side by side."""
        return (self._question,)

    def advanced(self) -> None:
        """They are compared again as they go on."""
        if comparison := self.reader.answer(self._question):
            self.comparison = comparison

    def watch_comparison(self, comparison: Comparison | None) -> None:
        """Fill the table, if there is news; the cursor stays in its row."""
        if comparison is None or (lines := self._lines(comparison)) == self._shown:
            return
        self._shown = lines
        runs = f"  {len(comparison.runs)} runs"
        title = Content.assemble((" compare", "bold $accent"), (runs, "$text-muted"))
        self.query_one("#compare-title", Static).update(title)
        table = self.query_one(DataTable)
        row, offset = table.cursor_row, table.scroll_offset
        table.clear(columns=True)
        table.add_column("", key="what")
        for run in comparison.runs:
            table.add_column(_right(run.id), key=run.id)
        for line in lines:
            table.add_row(*line)
        table.move_cursor(row=row, animate=False)
        table.scroll_to(offset.x, offset.y, animate=False)

    def _lines(self, comparison: Comparison) -> list[list[Text]]:
        colours = palette(self.app.theme_variables)
        heading = f"bold {colours['primary']}"
        dim = colours["text-muted"]
        lines = [[Text("name", dim), *(_right(r.name) for r in comparison.runs)]]
        lines.append([Text("status", dim), *(self._status(run) for run in comparison.runs)])
        differ = "settings that differ" if comparison.settings else "all settings are the same"
        lines.append(_heading(differ, heading, len(comparison.runs)))
        for path, values in comparison.settings.items():
            style = colours["warning"]
            lines.append([_left(path, dim), *(_value(written(v), style) for v in values)])
        if comparison.scores:
            lines.append(_heading("scores on the test sets", heading, len(comparison.runs)))
        for name, scores in comparison.scores.items():
            best = _best(name, scores)
            styles = [colours["accent"] if best is not None and v == best else "" for v in scores]
            cells = [_value(compared(name, v), s) for v, s in zip(scores, styles, strict=True)]
            lines.append([_left(comparison.titles[name], dim), *cells])
        return lines

    def _status(self, run: Run) -> Text:
        look = state(run)
        style = palette(self.app.theme_variables)[TONES[look.tone]]
        return _right(f"{look.glyph} {look.word}", style)


def _heading(text: str, style: str, runs: int) -> list[Text]:
    return [Text(text, style), *(Text("") for _ in range(runs))]


def _left(text: str, style: str) -> Text:
    return Text(cut(visible(text), _WIDEST), style)


def _right(text: str, style: str = "") -> Text:
    return Text(cut(visible(text), _WIDEST), style, justify="right", no_wrap=True)


def _value(text: str, style: str) -> Text:
    return _right(text or NOT_KNOWN, style)


def _best(name: str, values: Sequence[float | None]) -> float | None:
    """The value that stands out; None where all are the same or none is better."""
    what = name.rpartition(" ")[2]
    known = [value for value in values if value is not None]
    if what in NEITHER_IS_BETTER or len(set(known)) < 2:
        return None
    return min(known) if what in LESS_IS_BETTER else max(known)
