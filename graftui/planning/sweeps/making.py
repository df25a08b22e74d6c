"""Sweeps made, gone on with and made longer. Owns what is written and queued, and in which order:
everything is checked first, then the sweep's file is put in place, then the runs are queued.
"""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

from engine.contract.gpus import devices_elsewhere
from graftui.errors import UsageError
from graftui.models import LOCAL, Run
from graftui.planning.overrides import Override
from graftui.planning.recipes import Recipe, dumps
from graftui.planning.sweeps import axes as axis
from graftui.planning.sweeps import cells as planning
from graftui.planning.sweeps.axes import Axes, Point, Values
from graftui.planning.sweeps.cells import CellsPlan, CellToBe
from graftui.planning.sweeps.conditions import CellSettings
from graftui.planning.sweeps.search.space import Search
from graftui.planning.sweeps.states import CellState, standings, state_of
from graftui.planning.sweeps.sweep import Cell, Sweep, alone, fresh_id, resolve, same, write
from graftui.scheduler.submit import submit
from graftui.settings import Settings, queueing


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of making a sweep, or more of it."""

    sweep: Sweep
    """With its cells; without an id where it is only looked at, and is no sweep yet."""
    cells: tuple[Cell, ...]
    """Those that were planned."""
    plan: CellsPlan
    queued: tuple[Run, ...]
    kept: bool
    """Whether the sweep was written down; no: it was only looked at what would come of it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which cells of a sweep; without any of these, those that are missing or failed."""

    failed: bool = False
    missing: bool = False
    cells: tuple[str, ...] = ()
    """Queries, of which a cell has to meet one."""


def asked_for(
    recipe: Recipe,
    axes: Axes,
    sets: Sequence[Override],
    name: str = "",
    tags: Sequence[str] = (),
    search: Search | None = None,
) -> Sweep:
    """A sweep as it is asked for: without id and cells, and nowhere yet. Raises UsageError."""
    space = search.space if search else {}
    if not axes.paths and not space:
        raise UsageError(
            f"Nothing varies in this sweep of {recipe.name}.",
            "Give axes: --grid task.data_seed=13,21,42, or [sweep.axes] in the recipe.",
        )
    given = {each.path: each.value for each in sets}
    if both := given.keys() & {*axes.paths, *space}:
        raise UsageError(f"{min(both)} is set, and is an axis.", "Leave one of both out.")
    if both := space.keys() & {*axes.paths}:
        raise UsageError(f"{min(both)} is an axis, and searched.", "Leave one of both out.")
    if search and (axes.skip or axes.random):
        raise UsageError(
            "A search chooses its cells: skip and random have no part in it.",
            "Leave them out, or make the ranges narrower.",
        )
    return Sweep(
        name=name or recipe.name,
        created_at=time.time(),
        recipe=recipe.name,
        text=dumps(recipe),
        sets=given,
        axes=axes,
        tags=tuple(tags),
        search=search,
    )


def make(sweep: Sweep, settings: Settings, queue: bool = True, on: str = LOCAL) -> Outcome:
    """Plan all cells of a sweep that is asked for, and unless `queue` is False write it down and
    queue what is to be made, for the executor `on`. One that was asked for before is gone on with.
    """

    def cells() -> tuple[Sweep, list[CellToBe]]:
        known = same(settings, sweep)
        made = planning.to_be(known, _points(known), settings)
        return replace(known, cells=tuple(each.cell for each in made)), made

    return _done(cells, settings, queue, on)


def go_on(
    sweep: Sweep, choice: Choice, settings: Settings, queue: bool = True, on: str = LOCAL
) -> Outcome:
    """Plan the chosen cells of a sweep, and queue what is to be made. Raises UsageError."""

    def cells() -> tuple[Sweep, list[CellToBe]]:
        points = [cell.at for cell in chosen(sweep, choice, settings)]
        made = planning.to_be(sweep, points, settings)
        now = {_key(each.cell.at): each.cell for each in made}
        kept = tuple(now.get(_key(cell.at), cell) for cell in sweep.cells)
        return replace(sweep, cells=kept), made

    return _done(cells, settings, queue, on)


def add(
    sweep: Sweep, more: Values, settings: Settings, queue: bool = True, on: str = LOCAL
) -> Outcome:
    """Make axes longer, and queue the cells that this adds. Raises UsageError."""
    if sweep.search:
        raise UsageError(
            f"Sweep {sweep.id} is a search, and asks for its cells by itself.",
            f"`graftui sweep run {sweep.id} --trials N` has it ask for more.",
        )

    def cells() -> tuple[Sweep, list[CellToBe]]:
        longer = replace(sweep, axes=axis.extended(sweep.axes, more))
        points = _points(longer)
        known = {_key(cell.at): cell for cell in sweep.cells}
        made = planning.to_be(longer, [p for p in points if _key(p) not in known], settings)
        known |= {_key(each.cell.at): each.cell for each in made}
        return replace(longer, cells=tuple(known[_key(point)] for point in points)), made

    return _done(cells, settings, queue, on)


def at(ref: str, trial: Point, settings: Settings, on: str = LOCAL) -> Outcome:
    """Plan the cells of a search at a point of its space, all those of its axes, and queue what is
    to be made. Raises UsageError, NotFound where the sweep is gone.
    """

    def cells() -> tuple[Sweep, list[CellToBe]]:
        sweep = resolve(settings, ref)  # others may have written it meanwhile
        made = planning.to_be(sweep, of_trial(sweep, trial), settings)
        known = {_key(cell.at): cell for cell in sweep.cells}
        known |= {_key(each.cell.at): each.cell for each in made}
        return replace(sweep, cells=tuple(known.values())), made

    return _done(cells, settings, True, on)


def of_trial(sweep: Sweep, trial: Point) -> list[Point]:
    """The points of the cells of a trial: with each point of the axes."""
    return [{**trial, **point} for point in axis.points(sweep.axes)]


def chosen(sweep: Sweep, choice: Choice, settings: Settings) -> list[Cell]:
    """The cells of `choice`. Raises UsageError."""
    states = set()
    states |= {CellState.failed} if choice.failed else set()
    states |= {CellState.missing} if choice.missing else set()
    states = states or {CellState.failed, CellState.missing}
    meets = _settings(sweep).meeting(choice.cells)
    cells = [cell for cell in sweep.cells if not choice.cells or meets(cell.at)]
    if not cells:
        raise UsageError(
            f"No cell of sweep {sweep.id} meets {' or '.join(choice.cells)}.",
            f"`graftui sweep show {sweep.id}` shows them.",
        )
    results = standings(sweep, settings, cells)
    return [cell for cell, own in zip(cells, results, strict=True) if state_of(own) in states]


def count(sweep: Sweep) -> int:
    """How many cells it has, before one of them is planned. Raises UsageError."""
    return len(_points(sweep))


def _points(sweep: Sweep) -> list[Point]:
    skipped = _settings(sweep).meeting(sweep.axes.skip)
    return axis.points(sweep.axes, lambda point: not skipped(point))


def _settings(sweep: Sweep) -> CellSettings:
    return CellSettings(sweep.made_from(), sweep.overrides({}))


def _done(
    cells: Callable[[], tuple[Sweep, list[CellToBe]]], settings: Settings, queue: bool, on: str
) -> Outcome:
    with alone(settings) if queue else nullcontext():
        with devices_elsewhere(queueing(on)):
            sweep, made = cells()
        plan = planning.plan(sweep, made, settings)
        runs: Sequence[Run] = ()
        if queue:
            sweep = sweep if sweep.id else replace(sweep, id=fresh_id(settings))
            write(settings, sweep)
            there = [replace(each, executor=on) for each in plan.plans]
            runs = submit(settings, there) if there else ()
    return Outcome(sweep, tuple(each.cell for each in made), plan, tuple(runs), queue)


def _key(point: Point) -> str:
    return json.dumps(point, sort_keys=True)
