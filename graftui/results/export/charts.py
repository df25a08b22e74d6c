"""Charts as CSV: a line a point, so that any other program can draw them."""

from collections.abc import Iterator, Sequence
from typing import Any

from graftui.results.chart import Chart
from graftui.results.export import sheet

_TITLES = ("chart", "curve", "x", "y", "low", "high")


def to_csv(charts: Sequence[Chart]) -> str:
    """Every point; a band's ends where a curve has one, a level without an x."""
    return sheet.text_of(_TITLES, _rows(charts))


def _rows(charts: Sequence[Chart]) -> Iterator[list[Any]]:
    for chart in charts:
        for curve in chart.curves:
            for n, (x, y) in enumerate(curve.points):
                band = [curve.lows[n], curve.highs[n]] if curve.lows else ["", ""]
                yield [chart.title, curve.label, x, y, *band]
        for label, value in chart.levels:
            yield [chart.title, label, "", value, "", ""]
