"""One chart as strips of a given size. No widget: run/curves.py shows them.

Owns legend and colours; what is drawn comes from graftui.show.plot. Drawn here and not by
textual-plot, whose 5 curves at 160x48 take 50 to 70 ms and whose import loads NumPy.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from graftui.results.chart import Chart, Curve
from graftui.results.curve_view import value_at
from graftui.show.plot import FAINT, LEVEL, NOBODY, Row, Stretch, column_at, mark, plot, thinned
from graftui.text import visible
from graftui.tui.text import Palette, cut

COLOURS = ("accent", "primary", "warning", "success", "error", "secondary")
GUTTER = 7
"""Cells of the labels of the y axis, with the axis."""


_THINNED = " points, thinned"
_BEHIND = {LEVEL: "text-muted", FAINT: "text-disabled"}


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


def draw(chart: Chart, look: Look, owners: Mapping[str, int] | None = None) -> list[Strip]:
    """The chart line by line: title and legend, rows, labels of the x axis. `owners`: numbers of
    its labels, which a legend of its own has.
    """
    high = look.height - 2
    drawn = plot(chart, look.width - GUTTER, high, max(2, high // 3), owners)
    points = left_out(chart, look)
    first = short_head(chart, look, owners) if owners else head(chart, look, points=points)
    if drawn is None:
        return [first, *([look.line([])] * (look.height - 1))]
    foot = Segment(" " * GUTTER + drawn.foot, look.style("text-muted"))
    return [first, *(_row(row, look) for row in drawn.rows), look.line([foot])]


def head(
    chart: Chart, look: Look, at: float | None = None, current: bool = False, points: int = 0
) -> Strip:
    """Title, and each curve with its last value, or that at `at`; then out of how many `points`
    what is drawn was chosen, if not all are.
    """
    name = f" {cut(visible(chart.title), look.width // 2)} "
    bold = Style(bold=True, reverse=current)
    parts = [Segment(name, look.style("foreground") + bold), Segment(" ", look.ground)]
    for owner, curve in enumerate(chart.named):
        sign = mark(owner) if chart.marked or chart.signed else "━"
        label = cut(f"{sign} {visible(curve.label)}", look.width // 2)
        parts += [Segment(label, look.style(_colour(owner)))]
        parts += [Segment(f"{_value(chart, curve, at)}  ", look.style("text-muted"))]
    for label, value in chart.levels:
        text = cut(f"╌ {visible(label)} {chart.y.label(value)}", look.width // 2)
        parts += [Segment(f"{text}  ", look.style("text-muted"))]
    if (
        points
        and sum(part.cell_length for part in parts) + len(f"{points:,}{_THINNED}") <= look.width
    ):
        parts += [Segment(f"{points:,}{_THINNED}", look.style("text-muted"))]
    return look.line(parts)


def short_head(chart: Chart, look: Look, owners: Mapping[str, int]) -> Strip:
    """Title, and the last value of each curve; of marks, which are read from the axis, none."""
    levels = [f"╌ {visible(label)} {chart.y.label(value)}  " for label, value in chart.levels]
    room = max(look.width // 2, look.width - sum(map(cell_len, levels)) - 3)
    name = f" {cut(visible(chart.title), room)}  "
    parts = [Segment(name, look.style("foreground") + Style(bold=True))]
    for curve in () if chart.marked else chart.named:
        sign = mark(owners[curve.label]) if chart.signed else "━"
        parts += [Segment(sign, look.style(_colour(owners[curve.label])))]
        parts += [Segment(f"{_value(chart, curve, None)}  ", look.style("text-muted"))]
    parts += [Segment(text, look.style("text-muted")) for text in levels]
    return look.line(parts)


def legend(labels: Mapping[str, int], look: Look, marked: bool) -> list[Strip]:
    """What each curve is called, in as many lines as it takes."""
    lines: list[list[Segment]] = [[]]
    room = look.width
    for label, owner in labels.items():
        sign = mark(owner) if marked else "━"
        text = cut(f" {sign} {visible(label)}  ", look.width)
        if cell_len(text) > room:
            lines.append([])
            room = look.width
        lines[-1].append(Segment(text, look.style(_colour(owner))))
        room -= cell_len(text)
    return [look.line(parts) for parts in lines]


def left_out(chart: Chart, look: Look) -> int:
    """As `thinned` of the plot."""
    return thinned(chart, look.width - GUTTER)


def _value(chart: Chart, curve: Curve, at: float | None) -> str:
    """After its label: the value at the cursor, or else the last one that is a number."""
    if at is not None:
        point = value_at(curve, at)
        return f" {chart.y.label(point[1])}" if point else ""
    last = next((y for y in reversed(curve.ys) if chart.y.has(y)), None)
    return "" if last is None else f" {chart.y.label(last)}"


def crossed(line: Strip, chart: Chart, at: float, look: Look) -> Strip:
    """A row of the chart with the cursor in it: a line where nothing is drawn."""
    wide = look.width - GUTTER
    if chart.span is None or not chart.span[0] <= at <= chart.span[1]:
        return line
    column = GUTTER + column_at(at, chart.span, wide)
    before, cell, after = line.divide([column, column + 1, look.width])
    sign, style = cell.text, look.style("foreground") + Style(reverse=True)
    if sign.strip("╌ ") == "":
        sign, style = "│", look.style("foreground")
    return Strip.join([before, Strip([Segment(sign, style)]), after])


def _row(row: Row, look: Look) -> Strip:
    axis = f"{row.label[: GUTTER - 1]:>{GUTTER - 1}}{'┤' if row.label else '│'}"
    parts = [Segment(axis, look.style("text-muted"))]
    parts += [Segment(stretch.text, _style(stretch, look)) for stretch in row.stretches]
    return look.line(parts)


def _style(stretch: Stretch, look: Look) -> Style:
    if stretch.owner in (NOBODY, LEVEL, FAINT):
        return look.ground if stretch.owner == NOBODY else look.style(_BEHIND[stretch.owner])
    style = look.style(_colour(stretch.owner))
    if stretch.band:
        return style + Style(dim=True)
    return style + Style(bold=True) if stretch.mark else style


def _colour(owner: int) -> str:
    return COLOURS[owner % len(COLOURS)]
