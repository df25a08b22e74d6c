"""Where among the curves of a run somebody is: at which chart, over which stretch of x, with a
cursor or none. A value, and what keys and the mouse make of it.

Knows no widget, and not how curves are drawn: that is the View of curve_view.py, which is kept from
run to run; a position is of one run.
"""

from dataclasses import dataclass, replace

from graftui.results.curve_view import Span, moved, zoomed


@dataclass(frozen=True, slots=True)
class Position:
    """Where somebody is."""

    chart: int = 0
    """Number of the chart that is meant."""
    alone: bool = False
    """Whether that is the only one shown."""
    span: Span | None = None
    """What is looked at of x; None: all."""
    cursor: float | None = None
    """Where along x; None: nowhere."""

    def shown(self, whole: Span | None) -> Span | None:
        """What is looked at of x, which by now may have other ends; None where it has none."""
        return moved(self.span, whole, 0.0) if self.span and whole else whole

    def pointing(self, x: float, whole: Span) -> "Position":
        """The cursor at `x`, as far as x goes; what is seen of x moves on with it."""
        cursor = min(max(x, whole[0]), whole[1])
        if not self.span:
            return replace(self, cursor=cursor)
        left, right = moved(self.span, whole, 0.0)
        beyond = min(0.0, cursor - left) or max(0.0, cursor - right)
        span = moved((left, right), whole, beyond) if beyond else self.span
        return replace(self, cursor=cursor, span=span)

    def at_chart(self, number: int, charts: int) -> "Position":
        """Meaning the chart of that number, or the nearest of so many."""
        return replace(self, chart=min(max(0, number), max(0, charts - 1)))

    def zoomed(self, factor: float, whole: Span, around: float | None = None) -> "Position":
        """A stretch `factor` times as long, about `around`, else the cursor, else the middle."""
        left, right = moved(self.span, whole, 0.0) if self.span else whole
        middle = (left + right) / 2 if self.cursor is None else self.cursor
        fixed = min(max(middle if around is None else around, left), right)
        span = zoomed((left, right), whole, fixed, factor)
        return replace(self, span=None if span == whole else span)

    def dragged(self, start: float, end: float) -> "Position":
        """Over what the mouse was drawn across; the cursor there, where that has no length: beside
        a chart, all is its end.
        """
        if start == end:
            return replace(self, cursor=start)
        return replace(self, span=(min(start, end), max(start, end)))

    def reset(self) -> "Position":
        """All charts, all of x, no cursor."""
        return Position(self.chart)

    def out(self) -> "Position | None":
        """Without the last of what was done to look closer; None: nothing was."""
        if self.alone:
            return replace(self, alone=False)
        if self.span:
            return replace(self, span=None)
        return None if self.cursor is None else replace(self, cursor=None)
