"""Curves of several runs over each other: a chart a quantity, a curve a column of the comparison.

Owns the mean over seeds and the band of one standard deviation around it. Only steps that all runs
of a column have count: a mean over fewer would jump where one of them ends.
"""

import statistics
from collections.abc import Mapping, Sequence

from graftui.measured import CurveKey, Series
from graftui.results.chart import Axis, Chart, Curve
from graftui.results.peers import Peers
from graftui.results.run_charts import rank


def overlaid(columns: Sequence[Peers], series: Mapping[str, Sequence[Series]]) -> tuple[Chart, ...]:
    """A chart for each curve that a run has, the telling ones first; `series` by run id."""
    keys = dict.fromkeys(each.key for of in series.values() for each in of)
    charts = (_chart(key, columns, series) for key in sorted(keys, key=_order))
    return tuple(chart for chart in charts if chart.curves)


def _order(key: CurveKey) -> tuple[int, str, str]:
    phase, _, what = key.name.partition("/")
    return rank(what or phase), key.name, repr(key.labels)


def _chart(
    key: CurveKey, columns: Sequence[Peers], series: Mapping[str, Sequence[Series]]
) -> Chart:
    title = " ".join([key.name, *(f"{name} {value}" for name, value in key.labels)])
    curves = []
    for column in columns:
        own = [each for id in column.ids for each in series.get(id, ()) if each.key == key]
        if own and (curve := mean(column.label, own)).xs:
            curves.append(curve)
    return Chart(title, tuple(curves), x=Axis(score="step", unit="steps"), signed=True)


def mean(label: str, runs: Sequence[Series]) -> Curve:
    """One curve of several runs, with its band; of one run its own."""
    if len(runs) == 1:
        return Curve(label, runs[0].steps, runs[0].values)
    known = [dict(zip(run.steps, run.values, strict=True)) for run in runs]
    steps = sorted(set(known[0]).intersection(*known[1:]))
    ys, lows, highs = [], [], []
    for step in steps:
        values = [of[step] for of in known]
        middle, wide = statistics.fmean(values), _deviation(values)
        ys.append(middle)
        lows.append(middle - wide)
        highs.append(middle + wide)
    return Curve(label, steps, ys, lows, highs)


def _deviation(values: Sequence[float]) -> float:
    """Sample standard deviation; `statistics.stdev` is exact, and a hundred times as slow."""
    middle = sum(values) / len(values)
    squares = sum((value - middle) ** 2 for value in values)
    return float((squares / (len(values) - 1)) ** 0.5)
