"""One chart as strips of a given size. No widget: run/curves.py shows them.

Owns legend and colours; what is drawn comes from graftui.show.plot. Drawn here and not by
textual-plot, whose 5 curves at 160x48 take 50 to 70 ms and whose import loads NumPy.
"""

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from graftui.results.chart import Chart
from graftui.show.plot import LEVEL, NOBODY, Row, Stretch, mark, plot
from graftui.text import visible
from graftui.tui.text import Palette, cut

COLOURS = ("accent", "primary", "warning", "success", "error", "secondary")
_GUTTER = 7
"""Cells of the labels of the y axis, with the axis."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a chart is drawn."""

    width: int
    height: int
    colours: Palette
    ground: Style

    def style(self, variable: str) -> Style:
        """In that colour of the theme."""
        return Style(color=self.colours[variable]) + self.ground

    def line(self, parts: list[Segment]) -> Strip:
        """A line of the whole width."""
        return Strip(parts).adjust_cell_length(self.width, self.ground)


def draw(chart: Chart, look: Look) -> list[Strip]:
    """The chart line by line: title and legend, rows, labels of the x axis."""
    high = look.height - 2
    drawn = plot(chart, look.width - _GUTTER, high, max(2, high // 3))
    if drawn is None:
        return [_head(chart, look), *([look.line([])] * (look.height - 1))]
    foot = Segment(" " * _GUTTER + drawn.foot, look.style("text-muted"))
    return [_head(chart, look), *(_row(row, look) for row in drawn.rows), look.line([foot])]


def _head(chart: Chart, look: Look) -> Strip:
    """Title, and each curve with its last value."""
    name = cut(f" {visible(chart.title)}", look.width // 2) + "  "
    parts = [Segment(name, look.style("foreground") + Style(bold=True))]
    for owner, curve in enumerate(chart.curves):
        seen = next((y for y in reversed(curve.ys) if chart.y.has(y)), None)
        last = "  " if seen is None else f" {chart.y.label(seen)}  "
        sign = mark(owner) if chart.marked else "━"
        label = cut(f"{sign} {visible(curve.label)}", look.width // 2)
        parts += [Segment(label, look.style(_colour(owner)))]
        parts += [Segment(last, look.style("text-muted"))]
    for label, value in chart.levels:
        text = cut(f"╌ {visible(label)} {chart.y.label(value)}", look.width // 2)
        parts += [Segment(f"{text}  ", look.style("text-muted"))]
    return look.line(parts)


def _row(row: Row, look: Look) -> Strip:
    axis = f"{row.label[: _GUTTER - 1]:>{_GUTTER - 1}}{'┤' if row.label else '│'}"
    parts = [Segment(axis, look.style("text-muted"))]
    parts += [Segment(stretch.text, _style(stretch, look)) for stretch in row.stretches]
    return look.line(parts)


def _style(stretch: Stretch, look: Look) -> Style:
    if stretch.owner in (NOBODY, LEVEL):
        return look.style("text-muted") if stretch.owner == LEVEL else look.ground
    style = look.style(_colour(stretch.owner))
    return style + Style(bold=True) if stretch.mark else style


def _colour(owner: int) -> str:
    return COLOURS[owner % len(COLOURS)]
