"""The matrix of a sweep: its axes as rows and columns, the rest folded, and a figure in each cell.

Where nobody chose: a row for each setting of the axes but seeds, a column for each seed. Pure
functions over where the cells stand.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graftui import kinds
from graftui.errors import UsageError
from graftui.models import Run
from graftui.planning.sweeps.axes import Point
from graftui.planning.sweeps.states import CellState, Standing, most_pressing
from graftui.results.over_seeds import SEEDS, Spread, spread

_SEEDS = {path.rpartition(".")[2] for path in SEEDS}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the axes that vary stand; those of neither are folded."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """The results that share a row and a column: one, but for axes that are folded."""

    results: tuple[Standing, ...]
    figure: Spread | None
    """Of what of them is done; None: nothing is, or it has none."""

    @property
    def state(self) -> CellState:
        """Where they stand: done if all are, else what most needs looking at."""
        return most_pressing({result.state for result in self.results})


@dataclass(frozen=True, slots=True)
class Row:
    """Cells that share the settings of a row, or one result of each."""

    at: Point
    """Settings of the axes that are rows."""
    part: str
    """Whose results they are; empty where the recipe has one."""
    results: tuple[Folded | None, ...]
    """One a column; None where there is no cell."""
    figure: Spread | None
    """Of what is done; None: nothing is, or it would be no mean over seeds."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """All cells of a sweep."""

    same: Point
    """What is the same in all of them, of the axes."""
    layout: Layout
    folded: tuple[str, ...]
    """The axes that vary, and are neither rows nor columns."""
    columns: tuple[Point, ...]
    """One without any setting where no axis is a column."""
    rows: tuple[Row, ...]
    figure: str
    """What is shown of each result: a figure of its run's summary; empty: its main one."""
    over_seeds: bool
    """Whether a row's cells differ in their seeds alone, and so have a mean."""


def main_figure(run: Run | None) -> float | None:
    """The score by which the result of a run is known at a glance, a share; None: it has none."""
    return None if run is None else kinds.main_figure(run.kind, run.summary)


def figure_of(run: Run | None, name: str) -> float | None:
    """A figure of a run's summary, by its name, or (empty) its main one; None: it has none."""
    return run.summary.get(name) if run is not None and name else main_figure(run)


def figures(cells: Sequence[tuple[Standing, ...]]) -> list[str]:
    """What there is to be shown of the results, by name."""
    names: dict[str, None] = {}
    for own in cells:
        for result in own:
            if result.run is not None and result.state is CellState.done:
                names |= dict.fromkeys(result.run.summary)
    return list(names)


def axes_of(cells: Sequence[tuple[Standing, ...]]) -> list[str]:
    """The axes on which more than one value is taken."""
    return _varying([own[0].cell.at for own in cells])


def usual(cells: Sequence[tuple[Standing, ...]]) -> Layout:
    """Seeds as columns, what else varies as rows."""
    axes = axes_of(cells)
    seeds = tuple(path for path in axes if _is_seed(path))
    return Layout(tuple(path for path in axes if path not in seeds), seeds)


def chosen(
    cells: Sequence[tuple[Standing, ...]], rows: Sequence[str], columns: Sequence[str]
) -> Layout:
    """The axes that a user named as rows, as columns; of what is not named, seeds are the columns
    where nothing else is, and all else the rows. Raises UsageError for what does not vary.
    """
    axes, usually = axes_of(cells), usual(cells)
    for path in (*rows, *columns):
        if path not in axes:
            raise UsageError(
                f"{path} is no axis of this sweep that varies.", f"Those are {', '.join(axes)}."
            )
    across = tuple(columns) or tuple(path for path in usually.columns if path not in rows)
    down = tuple(rows) or tuple(path for path in usually.rows if path not in columns)
    return Layout(tuple(path for path in down if path not in across), across)


def matrix(
    cells: Sequence[tuple[Standing, ...]], layout: Layout | None = None, figure: str = ""
) -> Matrix:
    """The cells of a sweep as rows and columns, in the order in which they were planned."""
    axes = axes_of(cells)
    layout = layout or usual(cells)
    layout = Layout(
        *(tuple(p for p in paths if p in axes) for paths in (layout.rows, layout.columns))
    )
    columns: dict[str, Point] = {}
    rows: dict[tuple[str, str], dict[str, list[Standing]]] = {}
    points: dict[str, Point] = {}
    for results in cells:
        at = results[0].cell.at
        column, row = _part_of(at, layout.columns), _part_of(at, layout.rows)
        columns[_key(column)], points[_key(row)] = column, row
        for result in results:
            own = rows.setdefault((_key(row), result.part), {})
            own.setdefault(_key(column), []).append(result)
    several = any(len(results) > 1 for results in cells)
    over_seeds = all(_is_seed(path) for path in axes if path not in layout.rows)
    made = [
        _row(points[key], part if several else "",
             [own.get(column) for column in columns], figure, over_seeds)
        for (key, part), own in rows.items()
    ]  # fmt: skip
    first = cells[0][0].cell.at if cells else {}
    same = {path: value for path, value in first.items() if path not in axes}
    folded = tuple(path for path in axes if path not in (*layout.rows, *layout.columns))
    return Matrix(same, layout, folded, tuple(columns.values()), tuple(made), figure, over_seeds)


def _row(
    at: Point, part: str, results: Sequence[Sequence[Standing] | None], figure: str, mean: bool
) -> Row:
    cells = tuple(own and Folded(tuple(own), _spread(own, figure)) or None for own in results)
    all_of = [result for own in results for result in own or ()]
    return Row(at, part, cells, _spread(all_of, figure) if mean else None)


def _spread(results: Sequence[Standing], figure: str) -> Spread | None:
    done = [result.run for result in results if result.state is CellState.done]
    values = [value for run in done if (value := figure_of(run, figure)) is not None]
    return spread(values) if values else None


def _is_seed(path: str) -> bool:
    return path.rpartition(".")[2] in _SEEDS


def _varying(points: Sequence[Point]) -> list[str]:
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
