"""Runs side by side: what they differ in, then their scores. The best of each row stands out."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Static

from graftui.planning.values import written
from graftui.results.figures import LESS_IS_BETTER, NEITHER_IS_BETTER, NOT_KNOWN, compared
from graftui.results.side_by_side import Comparison
from graftui.show.states import state
from graftui.terminal import Text
from graftui.text import visible
from graftui.tui.text import TONES, cut, palette

_WIDEST = 60
"""Cells of a column, at most."""


class CompareScreen(Screen[None]):
    """A column a run, a row a setting or a score."""

    BINDINGS = [Binding("escape,q,equals_sign", "dismiss", "Back", key_display="esc")]

    def __init__(self, comparison: Comparison) -> None:
        super().__init__()
        self._comparison = comparison

    def compose(self) -> ComposeResult:
        """One table, so that both parts scroll together."""
        found = self._comparison
        count = len(found.runs)
        title = Content.assemble((" compare", "bold $accent"), (f"  {count} runs", "$text-muted"))
        yield Static(title, id="compare-title")
        yield DataTable[Text](id="compare-table", cursor_type="row", fixed_columns=1,
                              cursor_foreground_priority="renderable")  # fmt: skip
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Fill it once: a comparison does not change."""
        table = self.query_one(DataTable)
        table.add_column("", key="what")
        for run in self._comparison.runs:
            table.add_column(_right(run.id), key=run.id)
        for line in self._lines():
            table.add_row(*line)

    def _lines(self) -> list[list[Text]]:
        found, colours = self._comparison, palette(self.app.theme_variables)
        heading = f"bold {colours['primary']}"
        dim = colours["text-muted"]
        lines = [[Text("name", dim), *(_right(r.name) for r in found.runs)]]
        lines.append([Text("status", dim), *(self._status(i) for i in range(len(found.runs)))])
        lines.append(self._heading("settings that differ" if found.settings else
                                   "all settings are the same", heading))  # fmt: skip
        for path, values in found.settings.items():
            style = colours["warning"]
            lines.append([_left(path, dim), *(_value(written(v), style) for v in values)])
        if found.scores:
            lines.append(self._heading("scores on the test sets", heading))
        for name, scores in found.scores.items():
            best = _best(name, scores)
            styles = [colours["accent"] if best is not None and v == best else "" for v in scores]
            cells = [_value(compared(name, v), s) for v, s in zip(scores, styles, strict=True)]
            lines.append([_left(found.titles[name], dim), *cells])
        return lines

    def _heading(self, text: str, style: str) -> list[Text]:
        return [Text(text, style), *(Text("") for _ in self._comparison.runs)]

    def _status(self, place: int) -> Text:
        look = state(self._comparison.runs[place])
        style = palette(self.app.theme_variables)[TONES[look.tone]]
        return _right(f"{look.glyph} {look.word}", style)


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
