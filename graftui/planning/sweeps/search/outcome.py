"""What a search has come to, by the runs of its cells alone: needs no Optuna."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from graftui.planning.sweeps.axes import Point
from graftui.planning.sweeps.search.aim import Aim
from graftui.planning.sweeps.search.asked import search_of
from graftui.planning.sweeps.states import CellState, Standing
from graftui.planning.sweeps.sweep import Sweep
from graftui.registry.store import Store
from graftui.settings import Settings


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a search is."""

    points: int
    """Points of its space that have cells."""
    best: Point | None
    """The best of those that are done; None: none is."""
    figure: float | None
    """What it came to there."""


def reached_by(
    sweep: Sweep, cells: Sequence[Sequence[Standing]], aim: Aim, settings: Settings
) -> Reached:
    """What the cells of a search, as they stand, have come to."""
    points: dict[str, Point] = {}
    results: dict[str, list[Standing]] = {}
    for own in cells:
        point = {path: own[0].cell.at[path] for path in search_of(sweep).space}
        key = json.dumps(point)
        points[key] = point
        results.setdefault(key, []).extend(own)
    figures = _figures({key: own for key, own in results.items() if _done(own)}, aim, settings)
    if not figures:
        return Reached(len(points), None, None)
    figure = aim.best(figures.values())
    best = next(key for key in figures if figures[key] == figure)
    return Reached(len(points), points[best], figure)


def _done(results: Sequence[Standing]) -> bool:
    return all(result.state is CellState.done for result in results)


def _figures(done: dict[str, list[Standing]], aim: Aim, settings: Settings) -> dict[str, float]:
    runs = {key: [each.run for each in own if each.run] for key, own in done.items()}
    if not runs:
        return {}
    with Store.open(settings.db) as store:
        scores = store.scores([run.id for own in runs.values() for run in own])
    means = {
        key: aim.mean([aim.of(run, scores[run.id]) for run in own]) for key, own in runs.items()
    }
    return {key: mean for key, mean in means.items() if mean is not None}
