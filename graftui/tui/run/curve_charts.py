"""The charts of a run's curves, made as they are asked for and kept until what they show changes.

Owns the points that were read and where they lie along x. Knows no widget: curves.py draws these.
"""

from collections.abc import Iterable, Iterator, Mapping

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
    over,
    ruler,
    value_at,
)
from graftui.results.run_charts import Outline, over_sizes
from graftui.tui.run.feed import Detail


class CurveCharts:
    """One for each thing that changes while a run is measured, by number; and one over sizes."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.constant: tuple[tuple[str, float], ...] = ()
        """Name and value of curves that need no chart."""
        self.sized: Chart | None = None
        """The scores over the sizes of grafts, if there are several."""
        self._outlines: list[Outline] = []
        self._extents: tuple[CurveExtent, ...] = ()
        self._series: dict[CurveKey, Series] = {}
        self._ruler = Ruler()
        self._measured: tuple[Run, Mapping[str, Moments]] | None = None
        """Of which run, and when its steps were."""
        self._whole: dict[int, Chart] = {}
        self._within: dict[int, Chart] = {}
        """Number of a chart -> what of it lies within `_span`."""
        self._span: Span | None = None

    def __len__(self) -> int:
        return len(self._outlines)

    @property
    def view(self) -> View:
        """How they are looked at."""
        return self._view

    @view.setter
    def view(self, view: View) -> None:
        self._view = view
        if self._measured:
            run, moments = self._measured
            self._ruler = ruler(run, view.along, moments)
        self._forget_charts()

    def read(self, detail: Detail) -> bool:
        """Take what was read of a run; whether any of it is new."""
        extents = detail.curves or ()
        self._measured = detail.run, detail.moments
        measure = ruler(detail.run, self.view.along, detail.moments)
        series, sized = {curve.key: curve for curve in detail.series}, over_sizes(detail.scores)
        known = self._extents, self._ruler, self._series, self.sized
        if (extents, measure, series, sized) == known:
            return False
        self._extents, self._ruler, self._series, self.sized = extents, measure, series, sized
        self._outlines, self.constant = changing(extents)
        self._forget_charts()
        return True

    def _forget_charts(self) -> None:
        self._whole.clear()
        self._within.clear()

    @property
    def ruler(self) -> Ruler:
        """Where points lie along x."""
        return self._ruler

    @property
    def span(self) -> Span | None:
        """Where x begins and ends; None where nothing lies along it."""
        return self._ruler.span(self._extents, self.view.planned)

    def keys(self, numbers: Iterable[int]) -> tuple[CurveKey, ...]:
        """The curves in these charts."""
        return tuple(key for number in numbers for key in self._outlines[number].keys)

    def whole(self, number: int) -> Chart:
        """A chart over all of x."""
        if number not in self._whole:
            outline = self._outlines[number]
            self._whole[number] = chart(outline, self._series, self.view, self._ruler)
        return self._whole[number]

    def within(self, number: int, span: Span | None) -> Chart:
        """What of a chart lies within `span`; None: all."""
        if span != self._span:
            self._span = span
            self._within.clear()
        if number not in self._within:
            self._within[number] = over(self.whole(number), span) if span else self.whole(number)
        return self._within[number]

    def last_x(self, shown: Span) -> float:
        """Where the furthest curve that was read ends, or what is shown does."""
        ends = (curve.xs[-1] for chart in self._all() for curve in chart.named if curve.xs)
        return min(max(ends, default=shown[1]), shown[1])

    def readings(self, x: float) -> Iterator[str]:
        """The value of each curve at `x`, a line each."""
        for whole in self._all():
            for curve in whole.named:
                if point := value_at(curve, x):
                    where = f"{self.view.along} {whole.x.label(point[0])}"
                    yield f"{whole.title} {curve.label}\t{where}\t{point[1]!r}"

    def _all(self) -> Iterator[Chart]:
        return (self.whole(number) for number in range(len(self)))
