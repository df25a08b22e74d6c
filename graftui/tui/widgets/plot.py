"""One plot: curves that share an axis, as strips of a given size. No widget: curves.py shows them.

Owns axes, legend and colours. What is drawn comes from braille.py. Drawn here and not by
textual-plot, whose 5 curves at 160x48 take 50 to 70 ms and whose import loads NumPy.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from graftui.models import Series
from graftui.show.braille import Box, Canvas, columns_of, reduce, ticks
from graftui.text import visible
from graftui.tui.text import Palette, cut

COLOURS = ("accent", "primary", "warning", "success", "error", "secondary")
_GUTTER = 7
"""Cells of the labels of the y axis, with the axis."""
_FLAT = 1e-300
"""Less than that between the least and the greatest value is nothing to divide by."""


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


@dataclass(frozen=True, slots=True)
class Look:
    """How a plot is drawn."""

    width: int
    height: int
    colours: Palette
    ground: Style


@dataclass(frozen=True, slots=True)
class Plot:
    """Curves over steps or, with other `ends`, something else, under a title with a legend."""

    title: str
    curves: tuple[Curve, ...]
    ends: Ends = steps

    def draw(self, look: Look) -> list[Strip]:
        """The plot, line by line."""
        wide, high = look.width - _GUTTER, look.height - 2  # title above, ends of the axis below
        box = self._box()
        if wide < 4 or high < 2 or box is None:
            return [self._head(look), *([_line([], look)] * (look.height - 1))]
        canvas = Canvas(wide, high)
        for owner, curve in enumerate(self.curves):
            points = reduce(curve.series.steps, curve.series.values, box, 2 * wide)
            canvas.draw(columns_of(points, box, 2 * wide, 4 * high), owner)
        labels = _labels(box, high)
        rows = [_row(canvas, row, labels.get(row, ""), look) for row in range(high)]
        return [self._head(look), *rows, self._foot(box, look)]

    def _box(self) -> Box | None:
        """All that there is; None if there is nothing."""
        seen = [c.series for c in self.curves if c.series.steps]
        if not seen:
            return None
        values = [v for s in seen for v in (min(s.values), max(s.values))]
        low, high = min(values), max(values)
        if high - low < _FLAT:
            low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
        left, right = min(s.steps[0] for s in seen), max(s.steps[-1] for s in seen)
        return Box(left, max(right, left + 1), low, high)

    def _head(self, look: Look) -> Strip:
        """Title, and each curve with its last value."""
        name = cut(f" {visible(self.title)}", look.width // 2) + "  "
        parts = [Segment(name, _style(look, "foreground") + Style(bold=True))]
        for owner, curve in enumerate(self.curves):
            values = curve.series.values
            last = f" {number(values[-1])}  " if values else "  "
            label = cut(f"━ {visible(curve.label)}", look.width // 2)
            parts += [Segment(label, _style(look, COLOURS[owner % len(COLOURS)]))]
            parts += [Segment(last, _style(look, "text-muted"))]
        return _line(parts, look)

    def _foot(self, box: Box, look: Look) -> Strip:
        first, last = self.ends(box.left, box.right)
        text = " " * _GUTTER + first + last.rjust(look.width - _GUTTER - len(first))
        return _line([Segment(text, _style(look, "text-muted"))], look)


def _labels(box: Box, high: int) -> dict[int, str]:
    """Row -> label."""
    span = (4 * high - 1) / (box.high - box.low)
    marks = ticks(box.low, box.high, max(2, high // 3))
    return {round((box.high - mark) * span) // 4: number(mark) for mark in marks}


def _row(canvas: Canvas, row: int, label: str, look: Look) -> Strip:
    axis = "┤" if label else "│"
    parts = [Segment(f"{label[: _GUTTER - 1]:>{_GUTTER - 1}}{axis}", _style(look, "text-muted"))]
    for text, owner in canvas.line(row):
        colour = COLOURS[owner % len(COLOURS)]
        parts.append(Segment(text, look.ground if owner < 0 else _style(look, colour)))
    return _line(parts, look)


def _style(look: Look, variable: str) -> Style:
    return Style(color=look.colours[variable]) + look.ground


def _line(parts: list[Segment], look: Look) -> Strip:
    return Strip(parts).adjust_cell_length(look.width, look.ground)
