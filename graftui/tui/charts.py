"""Which charts a run has. Pure functions: no curve is read or drawn here.

Of a graft of several sparsities, first the metric over the share of the weights.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from graftui.models import Score, Series
from graftui.results.figures import METRICS, STAGES, localizer, metric_of, stage_title, title
from graftui.tui.widgets.plot import Curve, Plot, number

_FIRST = ("loss", *METRICS, "train_dev", "weights", "fraction", "sparsity")
_TOGETHER = 12
"""Curves in one chart; more could not be told apart."""
_DECADE = 1000
_MOST = 1e300
"""The difference of two values below it is a number."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What is measured, and the curves that share its axes."""

    title: str
    names: tuple[str, ...]
    """Of the series."""
    labels: tuple[str, ...]


def charts(names: Sequence[str]) -> list[Chart]:
    """train/loss and dev/loss share a chart, so do sparsities."""
    curves: dict[str, list[tuple[str, str]]] = {}
    for name in names:
        phase, _, what = name.partition("/")
        what, _, at = what.partition("@")
        curves.setdefault(what or phase, []).append((name, at or phase))
    found: list[Chart] = []
    for what in sorted(curves, key=lambda what: (_place(what), what)):
        for first in range(0, len(curves[what]), _TOGETHER):
            names, labels = zip(*curves[what][first : first + _TOGETHER], strict=True)
            part = f" {first // _TOGETHER + 1}" if len(curves[what]) > _TOGETHER else ""
            found.append(Chart(f"{what}{part}", names, labels))
    return found


def over_sizes(scores: Sequence[Score]) -> list[Plot]:
    """The metric on the test set over the share of weights; nothing for fewer than two grafts.

    Along x its logarithm, in thousandths of a decade: a Series counts in whole steps.
    """
    tested = [one for one in scores if one.split == "test"]
    metric = metric_of(name for one in tested for name in one.scores)
    points: dict[str, list[tuple[int, float]]] = {}
    for one in tested:
        share = one.scores.get("fraction", 0)
        if metric in one.scores and 0 < share < math.inf:
            at = round(_DECADE * math.log10(share)), 100 * one.scores[metric]
            points.setdefault(one.what, []).append(at)
    sizes = {x for found in points.values() for x, _ in found}
    if len(sizes) < 2:
        return []
    for one in tested:  # whole models: a level
        if one.sparsity is None and metric in one.scores:
            level = 100 * one.scores[metric]
            points[one.what] = [(min(sizes), level), (max(sizes), level)]
    chosen_by = localizer(tested)
    curves = [
        Curve(
            stage_title(stage, chosen_by),
            finite(Series(stage, *zip(*sorted(points[stage]), strict=True))),
        )
        for stage in sorted(points, key=lambda stage: [*STAGES, stage].index(stage))
    ]
    return [Plot(f"{title(metric)} by size", tuple(curves), shares)]


def shares(left: float, right: float) -> tuple[str, str]:
    """The ends of an axis of `over_sizes`."""
    first, last = (number(10 ** (end / _DECADE)) for end in (left, right))
    return first, f"{last} of the weights"


def finite(series: Series) -> Series:
    """Without the points that no axis has: nan, infinities, and what is as good as one."""
    if all(-_MOST < value < _MOST for value in series.values):
        return series
    points = zip(series.steps, series.values, strict=True)
    kept = [(step, value) for step, value in points if -_MOST < value < _MOST]
    return Series(series.name, tuple(s for s, _ in kept), tuple(v for _, v in kept))


def _place(what: str) -> int:
    return _FIRST.index(what) if what in _FIRST else len(_FIRST)
