"""What the verbs of `graftui sweep` print and ask."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from graftui.cli.commands import deleting, notices, running, searching
from graftui.cli.commands.choosing import agreed
from graftui.cli.commands.output import send_json
from graftui.cli.common import console_here
from graftui.errors import UsageError
from graftui.planning import overrides
from graftui.planning.estimate import Estimate, estimate
from graftui.planning.recipes import Recipe
from graftui.planning.sweeps import axes, making
from graftui.planning.sweeps import sweep as files
from graftui.planning.sweeps.making import Outcome
from graftui.planning.sweeps.members import runs_of
from graftui.planning.sweeps.search import asked
from graftui.planning.sweeps.states import Standing, counts, standings, under_way
from graftui.planning.sweeps.sweep import Sweep
from graftui.planning.values import written
from graftui.registry.store import Store
from graftui.results import sweep_matrix
from graftui.results.figures import counted
from graftui.scheduler.look import set_going
from graftui.scheduler.queue.remaining import remaining_s
from graftui.settings import Settings
from graftui.show import sweeps as drawing
from graftui.terminal import Console, Text


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed of the axes."""

    grid: Sequence[str]
    together: Sequence[str]
    skip: Sequence[str]
    random: int
    seed: int


def asked_for(
    recipe: Recipe, typed: Typed, goal: searching.Goal, sets: Sequence[str],
    name: str, tags: Sequence[str],
) -> Sweep:  # fmt: skip
    """A sweep of a recipe, with what was typed over its own axes. Raises UsageError."""
    own = axes.of_recipe(recipe.sweep, recipe.name, recipe.kinds)
    grid = axes.parse(typed.grid, recipe.kinds, "--grid")
    together = axes.parse(typed.together, recipe.kinds, "--zip")
    given = axes.Axes(grid, together, tuple(typed.skip), typed.random, typed.seed)
    values = overrides.parse(sets, recipe.kinds)
    search = searching.search(recipe, goal)
    varying = axes.merged(searching.not_searched(own, search), given)
    return making.asked_for(recipe, varying, values, name, tags, search)


def make(
    settings: Settings, console: Console, sweep: Sweep, dry_run: bool, on: str, notify: bool,
    json: bool,
) -> None:  # fmt: skip
    """Make a sweep that is asked for, or print what that would come to; drive it, if it is a
    search.
    """
    if not sweep.search:
        outcome = making.make(sweep, settings, not dry_run, on)
        tell(settings, console, outcome, json, notify)
        return
    with notices.told_at_end(notify and not dry_run, sweep.name) as say:
        say(searching.search_for(settings, console, sweep, dry_run, on, json))


def tell(
    settings: Settings, console: Console, outcome: Outcome, json: bool, notify: bool = False,
    do_it: str = "leave out --dry-run to do it",
) -> None:  # fmt: skip
    """What came of planning cells; what was queued is set going, and waited for to `notify` of its
    end. `do_it`: how, where it was only looked at.
    """
    _tell(settings, console, outcome, json, do_it)
    if notify and outcome.kept:
        reused = [run for run in outcome.plan.reused.values() if run.status.active]
        with notices.told_at_end(True, outcome.sweep.name) as say:
            runs = [*outcome.queued, *reused]
            say(notices.ended(running.await_all(settings, runs, Console(stderr=True))))


def _tell(settings: Settings, console: Console, outcome: Outcome, json: bool, do_it: str) -> None:
    if outcome.queued:
        set_going(settings)
    expected = estimate(outcome.plan.plans, settings)
    if json:
        send_json(_as_json(outcome, expected))
        return
    sweep = outcome.sweep
    called = (f"{sweep.id} ", f"({sweep.name})") if sweep.id else ("", sweep.name)
    cells = counted(len(outcome.cells), "cell")
    console.print(Text.assemble("sweep ", (called[0], "bold"), f"{called[1]}: {cells}"))
    for path, values in {**sweep.axes.grid, **sweep.axes.together}.items():
        together = " (together)" if path in sweep.axes.together else ""
        listed = "  ".join(f"[{written(v)}]" if isinstance(v, list | tuple) else written(v)
                           for v in values)  # fmt: skip
        console.print(Text.assemble("  ", (path, "cyan"), f"  {listed}{together}"), soft_wrap=True)
    for remark in outcome.plan.remarks:
        console.print(Text(remark, "yellow"), soft_wrap=True)
    for word, said in drawing.plan(outcome.plan, expected):
        console.print(f"{word:<10} {said}", soft_wrap=True)
    if not outcome.kept:
        console.print(f"nothing was queued: {do_it}")
    elif outcome.queued:
        console.print(f"queued {counted(len(outcome.queued))}; graftui sweep show {sweep.id}")
        running.tell_paused(settings, console, "")
    else:
        console.print(f"nothing is to be made; graftui sweep show {sweep.id}")


def _as_json(outcome: Outcome, expected: Estimate) -> dict[str, Any]:
    plan = outcome.plan
    return {
        "id": outcome.sweep.id or None,
        "name": outcome.sweep.name,
        "cells": len(outcome.cells),
        "done": plan.done,
        "under_way": plan.under_way,
        "to_make": plan.to_make,
        "shared": plan.shared,
        "plans": [{"kind": each.kind, "inputs": dict(each.inputs)} for each in plan.plans],
        "estimate": asdict(expected),
        "remarks": list(plan.remarks),
        "queued": [run.id for run in outcome.queued],
    }


def ls(settings: Settings, store: Store, console: Console, json: bool) -> None:
    """All sweeps, and what is in their folder but is none."""
    sweeps, unreadable = files.listed(settings)
    stand = [(sweep, counts(standings(sweep, settings, store=store))) for sweep in sweeps]
    if json:
        send_json([_about(sweep) | {"counts": numbers} for sweep, numbers in stand])
    elif sweeps:
        console.print(drawing.sweeps(stand, time.time()), crop=False)
    elif not unreadable:
        console.print("no sweeps yet; try: graftui sweep pocket --grid task.data_seed=13,21,42")
    beside = console_here(stderr=json)
    for bad in unreadable:
        beside.print(Text(f"✗ {bad.path} is no sweep: {bad.why}", "red"), soft_wrap=True)


def _about(sweep: Sweep) -> dict[str, Any]:
    return {
        "id": sweep.id, "name": sweep.name, "created_at": sweep.created_at,
        "recipe": sweep.recipe, "sets": sweep.sets, "axes": asdict(sweep.axes),
        "tags": list(sweep.tags), "cells": len(sweep.cells),
        "search": searching.about(sweep.search) if sweep.search else None,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a sweep is shown, as typed."""

    rows: Sequence[str]
    columns: Sequence[str]
    figure: str
    """Empty: the main one."""
    limit: int
    """Rows at most; 0: all."""


def show(
    settings: Settings, store: Store, sweep: Sweep, console: Console, shown: Shown, json: bool
) -> None:
    """The matrix of a sweep."""
    cells = standings(sweep, settings, store=store)
    if json:
        made = {"counts": counts(cells), "cells": sweep_matrix.as_json(cells)}
        reached = searching.reached_json(settings, sweep, cells) if sweep.search else {}
        send_json(_about(sweep) | made | reached)
        return
    layout = sweep_matrix.chosen(cells, shown.rows, shown.columns)
    _check_figure(cells, shown.figure)
    matrix = sweep_matrix.matrix(cells, layout, shown.figure)
    rows = matrix.rows[: shown.limit or None]
    about = f"{sweep.name}, recipe {sweep.recipe}: {counted(len(cells), 'cell')}  "
    left = drawing.left(remaining_s(settings, store, under_way(cells)))
    title = Text.assemble((sweep.id, "bold"), f"  {about}").append(drawing.counts(counts(cells)))
    console.print(title.append(f"  {left}" if left else "", "dim"))
    if sweep.search:
        console.print(searching.stands(settings, sweep, cells), soft_wrap=True)
    for path, value in {**sweep.sets, **matrix.same}.items():
        console.print(Text.assemble("  ", (path, "cyan"), f" = {written(value)}"), soft_wrap=True)
    console.print(drawing.matrix(matrix, rows, console.width), crop=False)
    if more := len(matrix.rows) - len(rows):
        console.print(f"{more:,} more rows; --limit 0 shows all", style="dim")
    for why in dict.fromkeys(result.why for own in cells for result in own if result.why):
        console.print(Text(f"not counted: {why}", "yellow"), soft_wrap=True)


def _check_figure(cells: Sequence[tuple[Standing, ...]], figure: str) -> None:
    known = sweep_matrix.figures(cells)
    if figure and known and figure not in known:
        raise UsageError(f"No result has a figure {figure!r}.", f"There are {', '.join(known)}.")


def cancel(settings: Settings, sweep: Sweep, console: Console, yes: bool) -> None:
    """Stop the runs of its cells, after asking; of a search who drives it, too."""
    active = [run for run in runs_of(settings, sweep) if run.status.active]
    if active and not agreed(active, f"cancel what sweep {sweep.id} waits for", yes, console):
        return
    if sweep.search:
        asked.stop(sweep, settings)
    if not active:
        console.print("no run of this sweep is queued or at work")
    else:
        running.cancel_all(settings, active, console)


def rm(settings: Settings, sweep: Sweep, console: Console, runs: bool, yes: bool) -> None:
    """Delete the sweep; with `runs` after counting and asking its runs too, but for those of which
    another sweep has a cell.
    """
    if runs:
        others = [other for other in files.listed(settings)[0] if other.id != sweep.id]
        kept = files.identities([cell for other in others for cell in other.cells])
        own = [run for run in runs_of(settings, sweep) if run.config_hash not in kept]
        with Store.open(settings.db) as store:
            if own and not deleting.delete(settings, store, console, own, yes):
                return
    files.remove(settings, sweep)
    told = "" if runs else "; its runs stay"
    console.print(f"sweep {sweep.id} ({sweep.name}) is forgotten{told}", soft_wrap=True)
