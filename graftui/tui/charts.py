"""Charts in a grid, under one legend. Draws those in view, and no others.

Knows nothing of runs: what is drawn is results.chart.Chart. A curve's label has the same colour in
all of them.
"""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from graftui.results.chart import Chart
from graftui.tui.plot import Look, draw, legend
from graftui.tui.text import Palette, palette

_WIDTH, _HEIGHT = 46, 10
"""Of a chart, at least."""
_GAP = 2


class ChartGrid(ScrollView, can_focus=True):
    """A grid of charts, as many beside each other as are readable."""

    DEFAULT_CSS = """
    ChartGrid { overflow-x: hidden; scrollbar-gutter: stable; }
    """
    BINDINGS = [
        Binding("j", "scroll_down", "Down", show=False, id="move.down", tooltip="the line below"),
        Binding("k", "scroll_up", "Up", show=False, id="move.up", tooltip="the line above"),
        Binding("g", "scroll_home", "Top", show=False, id="move.top", tooltip="the first line"),
        Binding("G", "scroll_end", "Bottom", show=False, id="move.bottom",
                tooltip="the last line"),
    ]  # fmt: skip

    def __init__(self, id: str, nothing: str) -> None:
        """`nothing`: what to say where there is no chart, and what to do about it."""
        super().__init__(id=id)
        self._nothing = nothing
        self._charts: Sequence[Chart] | None = None
        self._owners: dict[str, int] = {}
        self._legend: list[Strip] = []
        self._across, self._height = 1, _HEIGHT
        self._colours: Palette = {}
        self._drawn: dict[int, list[Strip]] = {}

    @property
    def charts(self) -> Sequence[Chart]:
        """What it shows."""
        return self._charts or ()

    def show(self, charts: Sequence[Chart]) -> None:
        """Show these."""
        if charts != self._charts:
            self._charts = charts
            labels = dict.fromkeys(curve.label for chart in charts for curve in chart.curves)
            self._owners = {label: number for number, label in enumerate(labels)}
            self._arrange()

    def notify_style_update(self) -> None:
        """Another theme has other colours."""
        self._colours = {}
        super().notify_style_update()

    def on_resize(self, event: events.Resize) -> None:
        """Another size has room for others."""
        self._arrange()

    def _arrange(self) -> None:
        width, height = self._room
        self._drawn.clear()
        self._colours = palette(self.app.theme_variables)
        count = len(self._charts or ())
        marked = any(chart.marked or chart.signed for chart in self._charts or ())
        self._legend = legend(self._owners, self._look(width, 1), marked) if self._owners else []
        rows = -(-count // max(1, width // _WIDTH)) or 1
        self._across = max(1, -(-count // rows))
        self._height = max(_HEIGHT, (height - len(self._legend)) // rows)
        self.virtual_size = Size(width, len(self._legend) + rows * self._height)
        self.refresh()

    @property
    def _room(self) -> Size:
        """Beside the scrollbar."""
        return self.scrollable_content_region.size

    def _look(self, width: int, height: int) -> Look:
        ground = Style(bgcolor=self.background_colors[1].rich_color)
        return Look(width, height, self._colours, ground)

    def render_line(self, y: int) -> Strip:
        """One line of all charts beside each other."""
        if not self._colours:
            self._arrange()
        width = self._room.width
        look, line = self._look(width, 1), self.scroll_offset.y + y
        if not self._charts:
            said = "reading …" if self._charts is None else self._nothing
            return look.line([Segment(f" {said}" if y == 0 else "", look.style("text-muted"))])
        if line < len(self._legend):
            return self._legend[line]
        row, inner = divmod(line - len(self._legend), self._height)
        numbers = range(row * self._across, min(len(self._charts), (row + 1) * self._across))
        gap = look.line([]).crop(0, _GAP)
        strips = [strip for n in numbers for strip in (self._strips(n)[inner], gap)]
        return Strip.join(strips[:-1]).adjust_cell_length(width, look.ground)

    def _strips(self, number: int) -> list[Strip]:
        if number not in self._drawn:
            width = (self._room.width + _GAP) // self._across - _GAP
            charts = self._charts or ()
            look = self._look(width, self._height)
            self._drawn[number] = draw(charts[number], look, self._owners)
        return self._drawn[number]
