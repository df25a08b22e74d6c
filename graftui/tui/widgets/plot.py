"""One plot: curves that share an axis, drawn again only when they change.

Owns axes, legend and colours. What is drawn comes from braille.py. Drawn here and not by
textual-plot, whose 5 curves at 160x48 take 50 to 70 ms and whose import loads NumPy.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from graftui.console.braille import Box, Canvas, columns_of, reduce, ticks
from graftui.models import Series
from graftui.tui.text import Palette, palette

COLOURS = ("accent", "primary", "warning", "success", "error", "secondary")
_GUTTER = 7
"""Cells of the labels of the y axis, with the axis."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve and what the legend calls it."""

    label: str
    series: Series
    """Of finite values."""


def number(value: float) -> str:
    """At most six characters: 0.0123, 12.3, 1.2e-05, 12k."""
    if abs(value) >= 1e6 or 0 < abs(value) < 1e-3:
        return f"{value:.1e}".replace("e+0", "e").replace("e-0", "e-")
    if abs(value) >= 1e4:
        return f"{value / 1000:.4g}k"
    return f"{value:.4g}"


Ends = Callable[[float, float], tuple[str, str]]
"""What to write at the left and at the right end of the x axis."""


def steps(left: float, right: float) -> tuple[str, str]:
    """The ends of an axis of steps."""
    return f"{left:.0f}", f"{right:.0f} steps"


class Plot(Widget):
    """Curves over steps or, with other `ends`, something else, under a title with a legend."""

    def __init__(self, title: str, curves: tuple[Curve, ...], ends: Ends = steps) -> None:
        super().__init__()
        self.title = title
        self._curves = curves
        self._ends = ends
        self._strips: list[Strip] = []
        self._drawn_at = Size(0, 0)
        self._colours: Palette = {}

    def show(self, curves: tuple[Curve, ...]) -> None:
        """Draw `curves` from now on."""
        if curves != self._curves:
            self._curves = curves
            self._drawn_at = Size(0, 0)
            self.refresh()

    def notify_style_update(self) -> None:
        """Another theme has other colours."""
        self._drawn_at = Size(0, 0)
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """One line of the plot."""
        if self._drawn_at != self.size:
            self._drawn_at = self.size
            self._colours = palette(self.app.theme_variables)
            self._strips = self._draw(self.size.width, self.size.height)
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)

    def _draw(self, width: int, height: int) -> list[Strip]:
        wide, high = width - _GUTTER, height - 2  # title above, ends of the axis below
        box = self._box()
        if wide < 4 or high < 2 or box is None:
            return [self._head(width)]
        canvas = Canvas(wide, high)
        for owner, curve in enumerate(self._curves):
            points = reduce(curve.series.steps, curve.series.values, box, 2 * wide)
            canvas.draw(columns_of(points, box, 2 * wide, 4 * high), owner)
        rows = self._labels(box, high)
        strips = [self._head(width)]
        strips += [self._row(canvas, row, rows.get(row, ""), width) for row in range(high)]
        return [*strips, self._foot(box, width)]

    def _box(self) -> Box | None:
        """All that there is; None if there is nothing."""
        seen = [c.series for c in self._curves if c.series.steps]
        if not seen:
            return None
        values = [v for s in seen for v in (min(s.values), max(s.values))]
        low, high = min(values), max(values)
        if low == high:
            low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
        left, right = min(s.steps[0] for s in seen), max(s.steps[-1] for s in seen)
        return Box(left, max(right, left + 1), low, high)

    def _labels(self, box: Box, high: int) -> dict[int, str]:
        """Row -> label."""
        span = (4 * high - 1) / (box.high - box.low)
        marks = ticks(box.low, box.high, max(2, high // 3))
        return {round((box.high - mark) * span) // 4: number(mark) for mark in marks}

    def _style(self, variable: str) -> Style:
        return Style(color=self._colours[variable]) + self._ground

    @property
    def _ground(self) -> Style:
        return Style(bgcolor=self.background_colors[1].rich_color)

    def _head(self, width: int) -> Strip:
        """Title, and each curve with its last value."""
        parts = [Segment(f" {self.title}  ", self._style("foreground") + Style(bold=True))]
        for owner, curve in enumerate(self._curves):
            colour = self._style(COLOURS[owner % len(COLOURS)])
            last = f" {number(curve.series.values[-1])}  " if curve.series.values else "  "
            parts += [Segment(f"━ {curve.label}", colour)]
            parts += [Segment(last, self._style("text-muted"))]
        return Strip(parts).adjust_cell_length(width, self._ground)

    def _row(self, canvas: Canvas, row: int, label: str, width: int) -> Strip:
        axis = "┤" if label else "│"
        parts = [Segment(f"{label[: _GUTTER - 1]:>{_GUTTER - 1}}{axis}", self._style("text-muted"))]
        for text, owner in canvas.line(row):
            style = self._ground if owner < 0 else self._style(COLOURS[owner % len(COLOURS)])
            parts.append(Segment(text, style))
        return Strip(parts).adjust_cell_length(width, self._ground)

    def _foot(self, box: Box, width: int) -> Strip:
        first, last = self._ends(box.left, box.right)
        wide = width - _GUTTER
        line = " " * _GUTTER + first + last.rjust(wide - len(first))
        return Strip([Segment(line, self._style("text-muted"))]).adjust_cell_length(
            width, self._ground
        )
