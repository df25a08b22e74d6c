"""Groups as curves over the size of a graft: how much of the skill how many weights carry.

Owns which groups make a curve and which curves share a plot. Draws nothing itself.
"""

import math
import statistics
from collections.abc import Sequence
from typing import Any

from graftui import kinds
from graftui.planning.values import written
from graftui.results.chart import Axis, Chart, Curve
from graftui.results.figures import title
from graftui.results.over_seeds import IMPLIED, Group

_PLACE = ("stage", "sparsity")
_SHARE = "share of the maskable weights"

Point = tuple[float, float, float, float]
"""Fraction of the maskable weights, mean score over the seeds, start and end of its band."""


def charts(
    groups: Sequence[Group], by: Sequence[str], intervals: bool = False
) -> tuple[Chart, ...]:
    """A chart for each task, model and test set, and for what is left without the graft: a curve
    for each way to choose weights, each size once.

    `by`: the keys that the groups were collected by. Whole models are levels of each chart of
    theirs. A band is one standard deviation wide, or with `intervals`, which imports scipy, the
    95 % t interval of the mean.
    """
    own = [key for key in by if key not in IMPLIED and key != "graft.sparsity"]
    by_chart: dict[tuple[Any, ...], list[Group]] = {}
    for group in groups:
        drawn = stage.chart if (stage := _stage(group)) else ""
        by_chart.setdefault((*_world(group), drawn), []).append(group)
    made = []
    for coordinates, members in by_chart.items():
        curves = _curves(members, own, intervals) if coordinates[-1] else ()
        if curves:
            whole = by_chart.get((*coordinates[:-1], ""), [])
            levels = tuple((_label(g, own), _score(g)) for g in whole if math.isfinite(_score(g)))
            made.append(
                Chart(
                    _title(members[0], coordinates[-1]), curves, Axis(log=True, name=_SHARE),
                    Axis(score=members[0].metric), levels, marked=True,
                )
            )  # fmt: skip
    return tuple(made)


def _stage(group: Group) -> kinds.Stage | None:
    return kinds.stages().get(group.key["stage"])


def _world(group: Group) -> tuple[Any, ...]:
    """What makes scores incomparable."""
    return tuple(str(group.key[key]) for key in IMPLIED if key not in _PLACE)


def _title(group: Group, drawn: str) -> str:
    world = (group.key[key] for key in ("task.name", "model.name", "split"))
    names = [str(name).rpartition("/")[2] for name in world if name != "test"]
    return f"{', '.join(names)}: {title(group.metric)} of the {drawn}, by its share of weights"


def _curves(groups: Sequence[Group], own: Sequence[str], intervals: bool) -> tuple[Curve, ...]:
    """Groups of one label and sparsity become one point, their mean."""
    stages: dict[str, set[str]] = {}
    for group in groups:
        stages.setdefault(_values(group, own), set()).add(group.key["stage"])
    by_name: dict[str, dict[float, list[Group]]] = {}
    for group in groups:
        if math.isfinite(_score(group)):
            values = _values(group, own)
            label = values if values and len(stages[values]) == 1 else _label(group, own)
            by_name.setdefault(label, {}).setdefault(group.key["sparsity"], []).append(group)
    points = {
        label: sorted(_point(at, intervals) for at in sizes.values())
        for label, sizes in by_name.items()
    }
    return tuple(_curve(label, at) for label, at in points.items())


def _curve(label: str, points: Sequence[Point]) -> Curve:
    """With a band, if it is one of several seeds."""
    sizes, means, lows, highs = zip(*points, strict=True)
    return Curve(label, sizes, means, *((lows, highs) if lows != highs else ()))


def _label(group: Group, own: Sequence[str]) -> str:
    return ", ".join(filter(None, (group.title, _values(group, own))))


def _values(group: Group, own: Sequence[str]) -> str:
    """What the group was collected by; nothing where it is weights drawn at random."""
    if (stage := _stage(group)) and stage.by_chance:
        return ""
    return ", ".join(written(group.key[key]) for key in own if group.key[key] is not None)


def _point(groups: Sequence[Group], intervals: bool) -> Point:
    sizes = [_size(group) for group in groups]
    middle = statistics.fmean(map(_score, groups))
    wide = statistics.fmean(_wide(group, intervals) for group in groups)
    return statistics.fmean(sizes), middle, middle - wide, middle + wide


def _wide(group: Group, intervals: bool) -> float:
    """Half the band at a group; nothing of one seed."""
    over = group.scores[group.metric]
    if over.std is None:
        return 0.0
    if not intervals:
        return over.std
    from graftui.results.statistics.intervals import half_of

    return half_of(over.std, over.n)


def _size(group: Group) -> float:
    """Fraction of the maskable weights: a learnt graft may have drifted from what was asked."""
    reached = group.scores.get("fraction")
    return reached.mean if reached else float(group.key["sparsity"])


def _score(group: Group) -> float:
    return group.scores[group.metric].mean
