"""The tab of curves: a grid of charts, a line that says how they are looked at, and the keys."""

from dataclasses import asdict, replace
from typing import Any, TypeVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from graftui.results.curve_view import ALONG, SMOOTH, View
from graftui.tui import describe
from graftui.tui.remembered import Remembered
from graftui.tui.run.curves import Curves
from graftui.tui.run.feed import Detail
from graftui.tui.run.pane import Pane
from graftui.tui.text import say

T = TypeVar("T")
_VIEW = "run.curves"
"""Name of how somebody looks at curves, as it is remembered."""


class CurvesPane(Pane):
    """Charts above, words below."""

    BINDINGS = [
        Binding("left,h", "cursor(-1)", "Cursor left", show=False, id="run.left",
                tooltip="the cursor over all charts to the left; shift goes ten cells"),
        Binding("right,l", "cursor(1)", "Cursor", key_display="←→", id="run.right",
                tooltip="the cursor over all charts: read their values there"),
        Binding("shift+left", "cursor(-10)", show=False),
        Binding("shift+right", "cursor(10)", show=False),
        Binding("down,j", "chart(1)", "Next chart", show=False, id="run.down",
                tooltip="the next chart"),
        Binding("up,k", "chart(-1)", "Chart before", show=False, id="run.up",
                tooltip="the chart before"),
        Binding("g,home", "chart(-100000)", "First chart", show=False, id="run.first",
                tooltip="the first chart"),
        Binding("G,end", "chart(100000)", "Last chart", show=False, id="run.last",
                tooltip="the last chart"),
        Binding("plus,equals_sign", "zoom(0.5)", "Zoom", key_display="+-", id="run.closer",
                tooltip="a shorter stretch of x, about the cursor; the wheel and a drag do so too"),
        Binding("minus", "zoom(2.0)", "Zoom out", show=False, id="run.farther",
                tooltip="a longer stretch of x"),
        Binding("0", "reset", "Reset", id="run.reset",
                tooltip="all of x, all charts, no cursor"),
        Binding("z", "alone", "Zoom chart", id="run.chart",
                tooltip="this chart alone, as large as there is room; again: all of them"),
        Binding("a", "smooth", "Smooth", id="run.smooth",
                tooltip="smooth the curves: exponential moving average, 0.6, 0.9, 0.97 or none"),
        Binding("x", "along", "x axis", id="run.along",
                tooltip="x is the step, the time, or the examples seen"),
        Binding("X", "planned", "To the end", show=False, id="run.planned",
                tooltip="x goes on to the planned end of the run, or ends with the curves"),
        Binding("L", "log", "Log y", id="run.log_scale",
                tooltip="y is logarithmic, or linear"),
        Binding("y", "copy", "Copy", show=False, id="run.copy",
                tooltip="copy what the cursor reads in each chart"),
        Binding("escape", "out", "Back", show=False, id="run.out",
                tooltip="all charts, all of x, no cursor; then back to the runs"),
    ]  # fmt: skip

    def compose(self) -> ComposeResult:
        """As somebody looked last."""
        view = self._remembered.get(_VIEW, lambda raw: View(**raw).checked(), View())
        yield Curves("curves-body", view)
        yield Static(classes="note")

    @property
    def _remembered(self) -> Remembered:
        return self.app.remembered  # type: ignore[attr-defined,no-any-return]

    def show(self, detail: Detail) -> None:
        """What was read of them."""
        if detail.curves is not None:
            self.inside().show(detail)

    def forget(self) -> None:
        """All of another run's curves."""
        self.action_reset()

    def inside(self) -> Curves:
        """The grid."""
        return self.query_one(Curves)

    def action_cursor(self, by: int) -> None:
        """Move it by cells; it begins where the curves end."""
        grid, whole = self.inside(), self.inside().charts.span
        span, cursor = grid.shown, grid.position.cursor
        if span is None or whole is None:
            return
        cell = (span[1] - span[0]) / (grid.cells - 1)
        x = grid.charts.last_x(span) if cursor is None else cursor + by * cell
        grid.go(grid.position.pointing(x, whole))

    def action_chart(self, by: int) -> None:
        """Mean another chart."""
        grid = self.inside()
        grid.go(grid.position.at_chart(grid.position.chart + by, len(grid.charts)))
        grid.follow()

    def action_zoom(self, factor: float) -> None:
        """Look at another stretch."""
        self.inside().zoom(factor)

    def action_reset(self) -> None:
        """As at first."""
        self.inside().go(self.inside().position.reset())

    def action_out(self) -> None:
        """The last of what was done to look closer; else whoever is above leaves."""
        position = self.inside().position.out()
        if position is None:
            raise SkipAction
        self.inside().go(position)

    def action_alone(self) -> None:
        """The chart that is meant, or all of them."""
        grid = self.inside()
        grid.go(replace(grid.position, alone=not grid.position.alone))
        grid.follow()

    def action_smooth(self) -> None:
        """The next weight."""
        self._look(smooth=_next(SMOOTH, self._view.smooth))

    def action_log(self) -> None:
        """The other scale."""
        self._look(log=not self._view.log)

    def action_planned(self) -> None:
        """The other end of x."""
        self._look(planned=not self._view.planned)

    def action_along(self) -> None:
        """The next x."""
        self._look(along=_next(ALONG, self._view.along))

    @property
    def _view(self) -> View:
        return self.inside().charts.view

    def _look(self, **changes: Any) -> None:
        """Look at curves in another way, and so next time."""
        self.inside().look(replace(self._view, **changes))
        self._remembered.put(_VIEW, asdict(self._view))

    def action_copy(self) -> None:
        """What the cursor reads in each chart, to the clipboard."""
        if lines := self.inside().readings():
            self.app.copy_to_clipboard("\n".join(lines))
            self.notify(f"Copied {len(lines)} values.")

    @on(Curves.Wanted)
    def _wanted(self, event: Curves.Wanted) -> None:
        event.stop()
        self.post_message(self.Looked({"curves": event.keys, "along": event.along}))

    @on(Curves.Described)
    def _described(self, event: Curves.Described) -> None:
        event.stop()
        say(self.query_one(Static), describe.looked_at(event), layout=False)


def _next(values: tuple[T, ...], value: T) -> T:
    """The value after that one, round and round."""
    after = values.index(value) + 1 if value in values else 0
    return values[after % len(values)]
