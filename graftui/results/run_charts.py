"""Which charts a run has: of its curves while it goes on, and of the sizes of its grafts."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graftui import kinds
from graftui.measured import CurveKey, Score, Series
from graftui.results.chart import Axis, Chart, Curve
from graftui.results.figures import METRICS, localizer, metric_of, stage_title, title

_FIRST = ("loss", *METRICS, "train_dev", "weights", "fraction", "sparsity")
_TOGETHER = 12
"""Curves in one chart; more could not be told apart."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A chart of curves that are not read yet."""

    title: str
    keys: tuple[CurveKey, ...]
    labels: tuple[str, ...]

    def of(self, series: Mapping[CurveKey, Series]) -> Chart:
        """The chart, with those of its curves that `series` has."""
        curves = tuple(
            Curve(label, series[key].steps, series[key].values)
            for key, label in zip(self.keys, self.labels, strict=True)
            if key in series
        )
        return Chart(self.title, curves, x=Axis(score="step", unit="steps"))


def outlines(keys: Sequence[CurveKey]) -> list[Outline]:
    """train/loss and dev/loss share a chart, so do sparsities."""
    curves: dict[str, list[tuple[CurveKey, str]]] = {}
    for key in keys:
        phase, _, what = key.name.partition("/")
        curves.setdefault(what or phase, []).append((key, _label(key) or phase))
    drawn: list[Outline] = []
    for what in sorted(curves, key=lambda what: (rank(what), what)):
        for first in range(0, len(curves[what]), _TOGETHER):
            some, labels = zip(*curves[what][first : first + _TOGETHER], strict=True)
            part = f" {first // _TOGETHER + 1}" if len(curves[what]) > _TOGETHER else ""
            drawn.append(Outline(f"{what}{part}", some, labels))
    return drawn


def _label(key: CurveKey) -> str:
    return " ".join(str(value) for _, value in key.labels)


def over_sizes(scores: Sequence[Score]) -> Chart | None:
    """The metric on the test set over the share of weights; None for fewer than two grafts.

    Whole models are levels.
    """
    tested = [score for score in scores if score.split == "test"]
    metric = metric_of(name for score in tested for name in score.scores)
    points: dict[str, list[tuple[float, float]]] = {}
    levels: dict[str, float] = {}
    for score in tested:
        share, value = score.scores.get("fraction", 0), score.scores.get(metric)
        if value is not None and 0 < share < math.inf:
            points.setdefault(score.what, []).append((share, value))
        elif value is not None and score.sparsity is None:
            levels[score.what] = value
    if len({x for curve in points.values() for x, _ in curve}) < 2:
        return None
    chosen_by = localizer(tested)
    return Chart(
        f"{title(metric)} by size",
        tuple(
            Curve(stage_title(what, chosen_by), *zip(*sorted(points[what]), strict=True))
            for what in _in_order(points)
        ),
        x=Axis(log=True, unit="of the weights", name="share of the maskable weights"),
        y=Axis(score=metric),
        levels=tuple((stage_title(what, chosen_by), levels[what]) for what in _in_order(levels)),
        marked=True,
    )


def _in_order(stages: Iterable[str]) -> list[str]:
    """As they come about; those that nobody knows last."""
    order = list(kinds.stages())
    return sorted(stages, key=lambda stage: [*order, stage].index(stage))


def rank(what: str) -> int:
    """Where the chart of what is measured stands: the least is the most telling."""
    return _FIRST.index(what) if what in _FIRST else len(_FIRST)
