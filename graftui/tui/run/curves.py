"""The curves of a run, a chart for each thing that is measured. Draws those in view, and no others.

Owns the cursor, the stretch of x that is looked at, and which chart is meant. Announces the curves
that its charts want, so that only those are read, and how it is looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from graftui.measured import CurveExtent, CurveKey, Series
from graftui.models import Run
from graftui.results.chart import Chart
from graftui.results.curve_view import (
    Moments,
    Ruler,
    Span,
    View,
    changing,
    chart,
    described,
    over,
    ruler,
    value_at,
)  # fmt: skip
from graftui.results.run_charts import Outline, over_sizes
from graftui.show.plot import x_at
from graftui.tui.plot import GUTTER, Look, crossed, draw, head, left_out
from graftui.tui.run.curve_keys import CurveKeys
from graftui.tui.run.feed import Detail
from graftui.tui.run.grid import GAP, Layout, alone, layout
from graftui.tui.text import Palette, palette

_KEPT = 200
"""Drawn charts; more than any screen shows."""


class Curves(CurveKeys):
    """A grid of charts over one x."""

    @dataclass
    class Wanted(Message):
        """The charts in view show these series, along that x."""

        keys: tuple[CurveKey, ...]
        along: str

    @dataclass
    class Described(Message):
        """How it is looked at now, in words; and which curves need no chart."""

        text: str
        constant: tuple[tuple[str, float], ...]

    def __init__(self, id: str, view: View) -> None:
        super().__init__(id, view)
        self._extents: tuple[CurveExtent, ...] = ()
        self._charts: list[Outline] = []
        self._constant: tuple[tuple[str, float], ...] = ()
        self._sized: Chart | None = None
        self._series: dict[CurveKey, Series] = {}
        self._ruler = Ruler()
        self._measured: tuple[Run, Mapping[str, Moments]] | None = None
        """Of which run, and when its steps were."""
        self._layout = Layout()
        self._wanted: object = None
        self._colours: Palette = {}
        self._whole: dict[int, Chart] = {}
        """Number of a chart -> all of it."""
        self._seen: dict[int, Chart] = {}
        """The same -> what of it is drawn."""
        self._drawn: dict[tuple[int, int], list[Strip]] = {}
        """Number and width of a chart -> what was drawn there."""

    def show(self, detail: Detail) -> None:
        """Show a run, or what is new of it."""
        extents = detail.curves or ()
        self._measured = detail.run, detail.moments
        measure = ruler(detail.run, self.view.along, detail.moments)
        known, sized = {curve.key: curve for curve in detail.series}, over_sizes(detail.scores)
        if (extents, measure, known, sized) != (
            self._extents, self._ruler, self._series, self._sized
        ):  # fmt: skip
            self._extents = extents
            self._charts, self._constant = changing(extents)
            self._ruler, self._series, self._sized = measure, known, sized
            self.current = min(self.current, max(0, len(self._charts) - 1))
            self.lay_out()

    @property
    def count(self) -> int:
        """Charts of curves."""
        return len(self._charts)

    @property
    def whole(self) -> Span | None:
        """Where x begins and ends."""
        return self._ruler.span(self._extents, self.view.planned)

    @property
    def cells(self) -> int:
        """Of a chart, along x."""
        return max(2, self._layout.wide(self.size.width) - GUTTER)

    def readings(self) -> str:
        """What the cursor reads in each chart, a line each."""
        lines = []
        for number in range(self.count):
            whole = self._whole_chart(number)
            for curve in whole.named:
                at = self.cursor if self.cursor is not None else self.last_x()
                if point := value_at(curve, at):
                    where = f"{self.view.along} {whole.x.label(point[0])}"
                    lines.append(f"{whole.title} {curve.label}\t{where}\t{point[1]!r}")
        return "\n".join(lines)

    def last_x(self) -> float:
        """Where the furthest curve that was read ends."""
        ends = (c.xs[-1] for n in range(self.count) for c in self._whole_chart(n).named if c.xs)
        span = self.shown or (0.0, 0.0)
        return min(max(ends, default=span[1]), span[1])

    def follow(self) -> None:
        """Have the chart that is meant in view."""
        top, high = self._layout.top(self.current), self._layout.height
        if top < self.scroll_offset.y:
            self.scroll_to(y=top if self.current >= self._layout.across else 0, animate=False)
        elif top + high > self.scroll_offset.y + self.size.height:
            self.scroll_to(y=top + high - self.size.height, animate=False)

    def notify_style_update(self) -> None:
        """Another theme has other colours."""
        self._colours = {}
        super().notify_style_update()

    def on_resize(self, event: events.Resize) -> None:
        """Another size has room for others."""
        self.lay_out()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Others come into view."""
        super().watch_scroll_y(old_value, new_value)
        self._ask()

    def lay_out(self) -> None:
        """Draw anew."""
        if self._measured and self._ruler.along != self.view.along:
            run, moments = self._measured
            self._ruler = ruler(run, self.view.along, moments)
        self._whole.clear()
        self.redraw()
        self._layout = layout(bool(self._sized), self.count, self.size)
        if self.alone and self.count:
            self._layout = alone(self.current, self.size)
        self.virtual_size = Size(self.size.width, self._layout.lines)
        self._ask()

    def redraw(self) -> None:
        """Another stretch, of the same curves."""
        self._seen.clear()
        self._drawn.clear()
        self.refresh()
        self.say()

    def say(self) -> None:
        """How it is looked at."""
        words = described(self.view, self._ruler, self.shown, self.whole)
        if self.cursor is not None:
            at = self._ruler.axis.label(self.cursor)
            words = f"{self.view.along} {at}   {words}"
        self.post_message(self.Described(words, self._constant))

    def _ask(self) -> None:
        """Have the series in view read, and a screenful before and after."""
        if not self.size:
            return
        first, high = self.scroll_offset.y, self.size.height
        seen = self._layout.row(first - high, first + 2 * high)
        wanted = tuple(key for n in seen for key in self._charts[n].keys), self.view.along
        if wanted != self._wanted:
            self._wanted = wanted
            self.post_message(self.Wanted(*wanted))

    def under(self, x: int, y: int) -> tuple[int, float] | None:
        """The chart at a cell of the screen, and where along x that is; None: there is none."""
        at = self._layout.under(x, y + self.scroll_offset.y, self.size.width)
        if at is None or self.shown is None:
            return None
        column = min(max(0, at[1] - GUTTER), self.cells - 1)
        return at[0], x_at(column, self.shown, self.cells)

    def render_line(self, y: int) -> Strip:
        """One line of all charts beside each other."""
        width, line = self.size.width, self.scroll_offset.y + y
        if not self._colours:
            self._colours = palette(self.app.theme_variables)
            self._drawn.clear()
        if not self._layout.lines and y == 0:
            muted = self._ground + Style(color=self._colours["text-muted"])
            return Strip([Segment("  No curves yet.", muted)]).adjust_cell_length(width)
        if line < self._layout.above:
            return self._strip(-1, line, width)
        row = self._layout.row(line, line)
        if line >= self._layout.lines or not row:
            return Strip.blank(width, self._ground)
        gap = Strip([Segment(" " * GAP, self._ground)])
        inner = (line - self._layout.above) % self._layout.height
        each = self._layout.wide(width)
        strips = [s for n in row for s in (self._strip(n, inner, each), gap)]
        return Strip.join(strips[:-1]).adjust_cell_length(width, self._ground)

    def _strip(self, number: int, line: int, width: int) -> Strip:
        """A line of one chart; -1: of the one over sizes."""
        height = self._layout.above if number < 0 else self._layout.height
        look = Look(width, height, self._colours, self._ground)
        if (number, width) not in self._drawn:
            if len(self._drawn) > _KEPT:
                self._drawn.clear()
            self._drawn[number, width] = draw(self._chart(number), look)
        drawn = self._drawn[number, width][line]
        if number < 0:
            return drawn
        if line == 0:
            points = left_out(self._chart(number), look)
            meant = number == self.current and self.has_focus and self.count > 1
            return head(self._whole_chart(number), look, self.cursor, meant, points)
        if self.cursor is None or line > height - 2:
            return drawn
        return crossed(drawn, self._chart(number), self.cursor, look)

    def _chart(self, number: int) -> Chart:
        if number < 0:
            return self._sized or Chart("", ())
        if number not in self._seen:
            whole = self._whole_chart(number)
            self._seen[number] = over(whole, self.shown) if self.shown else whole
        return self._seen[number]

    def _whole_chart(self, number: int) -> Chart:
        if number not in self._whole:
            outline = self._charts[number]
            self._whole[number] = chart(outline, self._series, self.view, self._ruler)
        return self._whole[number]

    @property
    def _ground(self) -> Style:
        return Style(bgcolor=self.background_colors[1].rich_color)
