"""The curves of a run, a plot for each thing that is measured. Draws those in view, and no others.

Announces the curves that its plots want, so that only those are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from graftui.measured import CurveKey, Score, Series
from graftui.results.chart import Chart
from graftui.results.run_charts import Outline, outlines, over_sizes
from graftui.tui.plot import Look, draw
from graftui.tui.text import Palette, palette

_WIDTH, _HEIGHT = 38, 8
"""Of a plot, at least."""
_SIZED_HEIGHT = 12
_GAP = 2
_KEPT = 200
"""Drawn plots; more than any screen shows."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the plots are: one over sizes, if there is one, above a grid."""

    above: int = 0
    """Lines of the plot over sizes."""
    count: int = 0
    """Plots in the grid."""
    across: int = 1
    height: int = _HEIGHT
    """Of a plot in the grid."""

    @property
    def lines(self) -> int:
        """All of them."""
        return self.above + -(-self.count // self.across) * self.height

    def row(self, first: int, last: int) -> range:
        """The plots of the grid that have a line in `first` to `last`."""
        top, end = (max(0, line - self.above) // self.height for line in (first, last))
        return range(top * self.across, min(self.count, (end + 1) * self.across))


def layout(sized: bool, count: int, size: Size) -> Layout:
    """As many beside each other as are readable: 2 + 2 rather than 3 + 1."""
    rows = -(-count // max(1, size.width // _WIDTH)) or 1
    height = max(_HEIGHT, size.height // rows)
    return Layout(_SIZED_HEIGHT * sized, count, max(1, -(-count // rows)), height)


class Curves(ScrollView):
    """A grid of plots."""

    @dataclass
    class Wanted(Message):
        """The plots in view show these series."""

        keys: tuple[CurveKey, ...]

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._keys: tuple[CurveKey, ...] = ()
        self._charts: list[Outline] = []
        self._sized: Chart | None = None
        self._series: dict[CurveKey, Series] = {}
        self._layout = Layout()
        self._wanted: tuple[CurveKey, ...] = ()
        self._colours: Palette = {}
        self._drawn: dict[tuple[int, int], list[Strip]] = {}
        """Place and width of a plot -> what was drawn there."""

    def show(
        self, keys: tuple[CurveKey, ...], series: Sequence[Series], scores: Sequence[Score]
    ) -> None:
        """Show a run that has these curves; `series`: those of them that were read."""
        if keys != self._keys:
            self._keys, self._charts = keys, outlines(keys)
            self._arrange()
        known, sized = {curve.key: curve for curve in series}, over_sizes(scores)
        if (known, sized) != (self._series, self._sized):
            self._series, self._sized = known, sized
            self._arrange()

    def notify_style_update(self) -> None:
        """Another theme has other colours."""
        self._colours = {}
        super().notify_style_update()

    def on_resize(self, event: events.Resize) -> None:
        """Another size has room for others."""
        self._arrange()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Others come into view."""
        super().watch_scroll_y(old_value, new_value)
        self._ask()

    def _arrange(self) -> None:
        self._drawn.clear()
        self._layout = layout(bool(self._sized), len(self._charts), self.size)
        self.virtual_size = Size(self.size.width, self._layout.lines)
        self.refresh()
        self._ask()

    def _ask(self) -> None:
        """Have the series in view read, and a screenful before and after."""
        if not self.size:
            return
        first, high = self.scroll_offset.y, self.size.height
        seen = self._layout.row(first - high, first + 2 * high)
        wanted = tuple(key for n in seen for key in self._charts[n].keys)
        if wanted != self._wanted:
            self._wanted = wanted
            self.post_message(self.Wanted(wanted))

    def render_line(self, y: int) -> Strip:
        """One line of all plots beside each other."""
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
        each = (width + _GAP) // self._layout.across - _GAP
        gap = Strip([Segment(" " * _GAP, self._ground)])
        inner = (line - self._layout.above) % self._layout.height
        strips = [s for n in row for s in (self._strip(n, inner, each), gap)]
        return Strip.join(strips[:-1]).adjust_cell_length(width, self._ground)

    def _strip(self, index: int, line: int, width: int) -> Strip:
        """A line of one plot; -1: of the one over sizes."""
        if (index, width) not in self._drawn:
            if len(self._drawn) > _KEPT:
                self._drawn.clear()
            height = _SIZED_HEIGHT if index < 0 else self._layout.height
            look = Look(width, height, self._colours, self._ground)
            self._drawn[index, width] = draw(self._chart(index), look)
        return self._drawn[index, width][line]

    def _chart(self, index: int) -> Chart:
        sized = self._sized if index < 0 else None
        return sized or self._charts[index].of(self._series)

    @property
    def _ground(self) -> Style:
        return Style(bgcolor=self.background_colors[1].rich_color)
