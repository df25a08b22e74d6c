"""The matrix of a sweep: a row for each setting of its axes but seeds, a column for each seed.

Pure functions over where the cells stand.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graftui import kinds
from graftui.models import Run
from graftui.planning.sweeps.axes import Point
from graftui.planning.sweeps.states import CellState, Standing
from graftui.results.over_seeds import SEEDS, Spread, spread

_SEEDS = {path.rpartition(".")[2] for path in SEEDS}


@dataclass(frozen=True, slots=True)
class Row:
    """Cells that differ in their seeds alone, or one result of each."""

    at: Point
    """Settings of the axes that vary, but for seeds."""
    part: str
    """Whose results they are; empty where the recipe has one."""
    results: tuple[Standing | None, ...]
    """One a column; None where there is no cell."""
    figure: Spread | None
    """Of the main figures of what is done; None: nothing is."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """All cells of a sweep."""

    same: Point
    """What is the same in all of them, of the axes."""
    columns: tuple[Point, ...]
    """The seeds; one column without any where no seed varies."""
    rows: tuple[Row, ...]


def main_figure(run: Run | None) -> float | None:
    """The score by which the result of a run is known at a glance, a share; None: it has none."""
    return None if run is None else kinds.main_figure(run.kind, run.summary)


def matrix(cells: Sequence[tuple[Standing, ...]]) -> Matrix:
    """The cells of a sweep as rows and columns, in the order in which they were planned."""
    varying = _varying([own[0].cell.at for own in cells])
    seeds = [path for path in varying if path.rpartition(".")[2] in _SEEDS]
    others = [path for path in varying if path not in seeds]
    columns: dict[str, Point] = {}
    rows: dict[tuple[str, str], dict[str, Standing]] = {}
    places: dict[str, Point] = {}
    for results in cells:
        at = results[0].cell.at
        column, row = _part_of(at, seeds), _part_of(at, others)
        columns[_key(column)], places[_key(row)] = column, row
        for result in results:
            rows.setdefault((_key(row), result.part), {})[_key(column)] = result
    several = any(len(results) > 1 for results in cells)
    made = [
        _row(places[key], part if several else "", [own.get(column) for column in columns])
        for (key, part), own in rows.items()
    ]
    first = cells[0][0].cell.at if cells else {}
    same = {path: value for path, value in first.items() if path not in varying}
    return Matrix(same, tuple(columns.values()), tuple(made))


def _row(at: Point, part: str, results: Sequence[Standing | None]) -> Row:
    done = [result.run for result in results if result and result.state is CellState.done]
    figures = [figure for run in done if (figure := main_figure(run)) is not None]
    return Row(at, part, tuple(results), spread(figures) if figures else None)


def _varying(points: Sequence[Point]) -> list[str]:
    """The axes on which more than one value is taken."""
    values: dict[str, set[str]] = {}
    for point in points:
        for path, value in point.items():
            values.setdefault(path, set()).add(_key(value))
    return [path for path, taken in values.items() if len(taken) > 1]


def _part_of(point: Point, paths: Sequence[str]) -> Point:
    return {path: point[path] for path in paths}


def _key(value: Any) -> str:
    return json.dumps(value)


def as_json(cells: Sequence[tuple[Standing, ...]]) -> list[dict[str, Any]]:
    """Each cell with its results, for scripts."""
    return [
        {
            "at": own[0].cell.at,
            "results": [
                {
                    "part": result.part,
                    "hash": result.cell.runs[result.part],
                    "state": result.state,
                    "run": result.run.id if result.run else None,
                    "status": result.run.status if result.run else None,
                    "figure": main_figure(result.run) if result.state is CellState.done else None,
                    "why": result.why,
                }
                for result in own
            ],
        }
        for own in cells
    ]  # fmt: skip
