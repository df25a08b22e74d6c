"""The keys and the mouse over a grid of charts: cursor, zoom, smoothing, scales.

Owns how one looks at curves; what is drawn is in curves.py. Announces a choice that is to be kept.
"""

from dataclasses import dataclass, replace
from typing import TypeVar

from textual import events
from textual.actions import SkipAction
from textual.binding import Binding
from textual.message import Message
from textual.scroll_view import ScrollView

from graftui.results.curve_view import ALONG, SMOOTH, Span, View, moved, zoomed

T = TypeVar("T")
_IN, _OUT = 0.5, 2.0


class CurveKeys(ScrollView):
    """What a grid of charts does when told to."""

    ALLOW_SELECT = False
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

    @dataclass
    class Chosen(Message):
        """Somebody looks at curves in another way, and means to do so next time."""

        view: View

    def __init__(self, id: str, view: View) -> None:
        super().__init__(id=id)
        self.view = view
        self.cursor: float | None = None
        """Where along x; None: nowhere."""
        self.span: Span | None = None
        """What is looked at of x; None: all."""
        self.current = 0
        """Number of the chart that is meant."""
        self.alone = False
        """Whether that is the only one shown."""
        self._pressed: tuple[int, int] | None = None
        """Where a button of the mouse went down."""

    # What the grid knows

    @property
    def count(self) -> int:
        """Charts of curves."""
        raise NotImplementedError

    @property
    def whole(self) -> Span | None:
        """Where x begins and ends."""
        raise NotImplementedError

    @property
    def cells(self) -> int:
        """Of a chart, along x."""
        raise NotImplementedError

    def last_x(self) -> float:
        """Where the furthest curve ends."""
        raise NotImplementedError

    def readings(self) -> str:
        """What the cursor reads in each chart, a line each."""
        raise NotImplementedError

    def under(self, x: int, y: int) -> tuple[int, float] | None:
        """The chart at a cell, and where along x that is."""
        raise NotImplementedError

    def follow(self) -> None:
        """Have the chart that is meant in view."""
        raise NotImplementedError

    def lay_out(self) -> None:
        """Draw anew."""
        raise NotImplementedError

    def say(self) -> None:
        """How it is looked at."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw another stretch of the same curves."""
        raise NotImplementedError

    @property
    def shown(self) -> Span | None:
        """What is looked at of x."""
        whole = self.whole
        return moved(self.span, whole, 0.0) if self.span and whole else whole

    # What keys do

    def action_cursor(self, by: int) -> None:
        """Move it by cells; at an end of what is seen, that moves on."""
        span, whole = self.shown, self.whole
        if span is None or whole is None:
            return
        cell = (span[1] - span[0]) / (self.cells - 1)
        at = self.last_x() if self.cursor is None else self.cursor + by * cell
        self.cursor = min(max(at, whole[0]), whole[1])
        beyond = min(0.0, self.cursor - span[0]) or max(0.0, self.cursor - span[1])
        if self.span and beyond:
            self.span = moved(span, whole, beyond)
            self.redraw()
        self.refresh()
        self.say()

    def action_chart(self, by: int) -> None:
        """Mean another chart."""
        self.current = min(max(0, self.current + by), max(0, self.count - 1))
        if self.alone:
            self.lay_out()
        self.follow()
        self.refresh()

    def action_zoom(self, factor: float, at: float | None = None) -> None:
        """Look at another stretch, about the cursor or the middle."""
        span, whole = self.shown, self.whole
        if span is None or whole is None:
            return
        middle = sum(span) / 2 if self.cursor is None else self.cursor
        around = min(max(middle if at is None else at, span[0]), span[1])
        closer = zoomed(span, whole, around, factor)
        self.span = None if closer == whole else closer
        self.redraw()

    def action_reset(self) -> None:
        """As at first."""
        self.span = self.cursor = None
        self.alone = False
        self.lay_out()

    def action_out(self) -> None:
        """The last of what was done to look closer; else whoever is above leaves."""
        if not (self.alone or self.span or self.cursor is not None):
            raise SkipAction
        if self.alone:
            self.alone = False
        elif self.span:
            self.span = None
        else:
            self.cursor = None
        self.lay_out()

    def action_alone(self) -> None:
        """The chart that is meant, or all of them."""
        self.alone = not self.alone
        self.lay_out()
        self.follow()

    def action_smooth(self) -> None:
        """The next weight."""
        self._choose(replace(self.view, smooth=_next(SMOOTH, self.view.smooth)))

    def action_log(self) -> None:
        """The other scale."""
        self._choose(replace(self.view, log=not self.view.log))

    def action_planned(self) -> None:
        """The other end of x."""
        self._choose(replace(self.view, planned=not self.view.planned))

    def action_along(self) -> None:
        """The next x; where one was along another says nothing there."""
        self.span = self.cursor = None
        self._choose(replace(self.view, along=_next(ALONG, self.view.along)))

    def _choose(self, view: View) -> None:
        self.view = view
        self.lay_out()
        self.post_message(self.Chosen(view))

    def action_copy(self) -> None:
        """To the clipboard."""
        if text := self.readings():
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied {text.count(chr(10)) + 1} values.")

    # What the mouse does

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click puts the cursor there, a drag looks closer."""
        self._pressed = (event.x, event.y)
        self.capture_mouse()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """What was dragged over is what is looked at."""
        self.release_mouse()
        pressed, self._pressed = self._pressed, None
        start = self.under(*pressed) if pressed else None
        if pressed is None or start is None:
            return
        self.current = start[0]
        end = self.under(event.x, pressed[1])
        if end and end[0] == start[0] and abs(event.x - pressed[0]) > 1:
            self.span = (min(start[1], end[1]), max(start[1], end[1]))
        else:
            self.cursor = start[1]
        self.lay_out()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Closer, where there is nothing to scroll, or with ctrl."""
        self._wheel(event, _IN)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Farther."""
        self._wheel(event, _OUT)

    def _wheel(self, event: events.MouseEvent, factor: float) -> None:
        at = self.under(event.x, event.y)
        if at and (event.ctrl or not self.max_scroll_y):
            event.stop()
            event.prevent_default()
            self.action_zoom(factor, at[1])


def _next(values: tuple[T, ...], value: T) -> T:
    """The value after that one, round and round."""
    after = values.index(value) + 1 if value in values else 0
    return values[after % len(values)]
