"""The curves of a run, a chart for each thing that is measured. Draws those in view, and no others.

Owns where its charts stand, and what the mouse does over them; keys are the pane's. Announces the
curves that its charts want, so that only those are read, and how it is looked at.
"""

from dataclasses import dataclass, replace

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from graftui.measured import CurveKey
from graftui.results.chart import Chart
from graftui.results.curve_position import Position
from graftui.results.curve_view import Span, View, described
from graftui.show.plot import x_at
from graftui.tui.plot import GUTTER, Look, crossed, draw, head, left_out
from graftui.tui.run.curve_charts import CurveCharts
from graftui.tui.run.feed import Detail
from graftui.tui.run.grid import GAP, Layout, alone, layout
from graftui.tui.text import Palette, palette

_IN, _OUT = 0.5, 2.0
_KEPT = 200
"""Drawn charts; more than any screen shows."""


class Curves(ScrollView, inherit_bindings=False):
    """A grid of charts over one x. Its other keys are the pane's: arrows do not scroll here."""

    ALLOW_SELECT = False
    BINDINGS = [
        Binding("pageup", "page_up", show=False),
        Binding("pagedown", "page_down", show=False),
    ]

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
        super().__init__(id=id)
        self.charts = CurveCharts(view)
        self.position = Position()
        self._pressed: tuple[int, int] | None = None
        """Where a button of the mouse went down."""
        self._layout = Layout()
        self._wanted: object = None
        self._colours: Palette = {}
        self._drawn: dict[tuple[int, int], list[Strip]] = {}
        """Number and width of a chart -> what was drawn there."""

    @property
    def shown(self) -> Span | None:
        """What is looked at of x."""
        return self.position.shown(self.charts.span)

    @property
    def cells(self) -> int:
        """Of a chart, along x."""
        return max(2, self._layout.wide(self._width) - GUTTER)

    @property
    def _width(self) -> int:
        """Cells beside the bar, which is there where not all lines are in view."""
        scrolls = self._layout.lines > self.size.height
        return self.size.width - (self.styles.scrollbar_size_vertical if scrolls else 0)

    def readings(self) -> list[str]:
        """What the cursor reads in each chart, else the last values: a line each."""
        cursor = self.position.cursor
        x = self.charts.last_x(self.shown or (0.0, 0.0)) if cursor is None else cursor
        return list(self.charts.readings(x))

    def show(self, detail: Detail) -> None:
        """Show a run, or what is new of it."""
        if self.charts.read(detail):
            self.position = self.position.at_chart(self.position.chart, len(self.charts))
            self._lay_out()

    def go(self, position: Position) -> None:
        """Be there, and draw anew no more than that takes."""
        before, self.position = self.position, position
        if position.alone != before.alone or (position.alone and position.chart != before.chart):
            self._lay_out()
        elif position.span != before.span:
            self._redraw()
        else:
            self.refresh()
            self._say()

    def look(self, view: View) -> None:
        """Look at them so; where one was along another x says nothing along this one."""
        if view.along != self.charts.view.along:
            self.position = replace(self.position, span=None, cursor=None)
        self.charts.view = view
        self._lay_out()

    # What the mouse does

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click puts the cursor there, a drag looks closer."""
        self._pressed = (event.x, event.y)
        self.capture_mouse()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """What was dragged over is what is looked at."""
        self.release_mouse()
        pressed, self._pressed = self._pressed, None
        start = self._under(*pressed) if pressed else None
        if pressed is None or start is None:
            return
        chart, x = start
        position, end = replace(self.position, chart=chart), self._under(event.x, pressed[1])
        if end and end[0] == chart and abs(event.x - pressed[0]) > 1:
            self.go(position.dragged(x, end[1]))
        else:
            self.go(replace(position, cursor=x))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Closer, where there is nothing to scroll, or with ctrl."""
        self._wheel(event, _IN)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Farther."""
        self._wheel(event, _OUT)

    def _wheel(self, event: events.MouseEvent, factor: float) -> None:
        at = self._under(event.x, event.y)
        if at and (event.ctrl or not self.max_scroll_y):
            event.stop()
            event.prevent_default()
            self.zoom(factor, at[1])

    def zoom(self, factor: float, around: float | None = None) -> None:
        """Look at a stretch `factor` times as long, about `around`, the cursor, or the middle."""
        if whole := self.charts.span:
            self.go(self.position.zoomed(factor, whole, around))

    def _under(self, x: int, y: int) -> tuple[int, float] | None:
        """The chart at a cell of the screen, and where along x that is; None: there is none."""
        at, span = self._layout.under(x, y + self.scroll_offset.y, self._width), self.shown
        if at is None or span is None:
            return None
        column = min(max(0, at[1] - GUTTER), self.cells - 1)
        return at[0], x_at(column, span, self.cells)

    # What is drawn

    def on_resize(self, event: events.Resize) -> None:
        """Another size has room for others."""
        self._lay_out()

    def notify_style_update(self) -> None:
        """Another theme has other colours."""
        self._colours = {}
        super().notify_style_update()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Others come into view."""
        super().watch_scroll_y(old_value, new_value)
        self._ask()

    def _lay_out(self) -> None:
        self._redraw()
        self._layout = layout(bool(self.charts.sized), len(self.charts), self.size)
        if self.position.alone and len(self.charts):
            self._layout = alone(self.position.chart, self.size)
        self.virtual_size = Size(self._width, self._layout.lines)
        self._ask()

    def _redraw(self) -> None:
        self._drawn.clear()
        self.refresh()
        self._say()

    def follow(self) -> None:
        """Have the chart that is meant in view."""
        number, above = self.position.chart, self.scroll_offset.y
        top, high = self._layout.top(number), self._layout.height
        if top < above:
            self.scroll_to(y=top if number >= self._layout.across else 0, animate=False)
        elif top + high > above + self.size.height:
            self.scroll_to(y=top + high - self.size.height, animate=False)

    def _say(self) -> None:
        """How it is looked at."""
        charts, cursor = self.charts, self.position.cursor
        words = described(charts.view, charts.ruler, self.shown, charts.span)
        if cursor is not None:
            words = f"{charts.view.along} {charts.ruler.axis.label(cursor)}   {words}"
        self.post_message(self.Described(words, charts.constant))

    def _ask(self) -> None:
        """Have the series in view read, and a screenful before and after."""
        if not self.size:
            return
        first, high = self.scroll_offset.y, self.size.height
        numbers = self._layout.row(first - high, first + 2 * high)
        wanted = self.charts.keys(numbers), self.charts.view.along
        if wanted != self._wanted:
            self._wanted = wanted
            self.post_message(self.Wanted(*wanted))

    def render_line(self, y: int) -> Strip:
        """One line of all charts beside each other."""
        width, line = self._width, self.scroll_offset.y + y
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
        drawn, cursor = self._drawn[number, width][line], self.position.cursor
        if number < 0:
            return drawn
        if line == 0:
            points = left_out(self._chart(number), look)
            meant = number == self.position.chart and self.has_focus and len(self.charts) > 1
            return head(self.charts.whole(number), look, cursor, meant, points)
        if cursor is None or line > height - 2:
            return drawn
        return crossed(drawn, self._chart(number), cursor, look)

    def _chart(self, number: int) -> Chart:
        if number < 0:
            return self.charts.sized or Chart("", ())
        return self.charts.within(number, self.shown)

    @property
    def _ground(self) -> Style:
        return Style(bgcolor=self.background_colors[1].rich_color)
