"""What `graftui sweep` prints of a search while it drives it, and of one that is there.

Driven in the foreground: Ctrl-C leaves it, and its runs go on; `graftui sweep run ID` goes on.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from graftui.cli.commands.output import send_json
from graftui.errors import RunFailed, UsageError
from graftui.planning.recipes import Recipe
from graftui.planning.sweeps.axes import Axes
from graftui.planning.sweeps.search import asked, space
from graftui.planning.sweeps.search.aim import Aim
from graftui.planning.sweeps.search.asked import aim_of, search_of
from graftui.planning.sweeps.search.outcome import reached_by
from graftui.planning.sweeps.search.searcher import Searcher, Step, driving
from graftui.planning.sweeps.search.space import Search
from graftui.planning.sweeps.search.study import Trial, TrialState
from graftui.planning.sweeps.states import Standing
from graftui.planning.sweeps.sweep import Sweep
from graftui.results.figures import counted
from graftui.settings import Settings
from graftui.show import searches as drawing
from graftui.terminal import Console, Text
from graftui.text import visible


@dataclass(frozen=True, slots=True)
class Goal:
    """What was typed of a search."""

    space: Sequence[str]
    """Nothing: it is none."""
    trials: int
    maximize: str
    minimize: str
    prune: str
    seed: int


def search(recipe: Recipe, goal: Goal) -> Search | None:
    """What is searched; None: nothing. Raises UsageError."""
    if not goal.space:
        if goal.maximize or goal.minimize or goal.prune:
            raise UsageError(
                "Nothing is searched.", "Give a range: --search train.lr=1e-4..1e-1:log"
            )
        return None
    if goal.maximize and goal.minimize:
        raise UsageError("--maximize and --minimize are both given.", "Leave one of both out.")
    foretold = () if goal.prune == "none" else (goal.prune,) if goal.prune else None
    return Search(
        space=space.parse(goal.space, recipe.kinds),
        trials=goal.trials,
        aim=goal.maximize or goal.minimize,
        maximize=not goal.minimize,
        prune=asked.foretold_by(recipe) if foretold is None else foretold,
        seed=goal.seed,
    )


def not_searched(axes: Axes, search: Search | None) -> Axes:
    """A recipe's axes, but for those whose settings are searched now."""
    if search is None:
        return axes
    grid = {path: values for path, values in axes.grid.items() if path not in search.space}
    return replace(axes, grid=grid)


def longer(sweep: Sweep, trials: int) -> Sweep:
    """A search, of as many `trials`; 0: of as many as it was asked for."""
    was = search_of(sweep)
    return replace(sweep, search=replace(was, trials=trials or was.trials))


def search_for(
    settings: Settings, console: Console, sweep: Sweep, dry_run: bool, on: str, json: bool
) -> str:
    """Make a search and drive it; with `dry_run` print what it would do. The best of it, in words.

    Raises RunFailed if no trial gave a figure.
    """
    asked.check(sweep, settings, on)
    if not dry_run:
        return drive(settings, asked.begun(sweep, settings), on, console, json)
    plan(sweep, aim_of(search_of(sweep), settings), console, json)
    return ""


def plan(sweep: Sweep, aim: Aim, console: Console, json: bool) -> None:
    """What a search would do."""
    search = search_of(sweep)
    if json:
        send_json({"id": None, "name": sweep.name, **about(search)})
        return
    tell(sweep, search, aim, console)
    console.print("nothing was queued: leave out --dry-run to do it")


def tell(sweep: Sweep, search: Search, aim: Aim, console: Console) -> None:
    """What is searched, and for what."""
    trials = counted(search.trials, "trial")
    called = (f"{sweep.id} ", f"({sweep.name})") if sweep.id else ("", sweep.name)
    console.print(
        Text.assemble("search ", (called[0], "bold"), f"{called[1]}: {trials},"),
        drawing.sought(search, aim),
    )
    for path, span in search.space.items():
        console.print(Text.assemble("  ", (path, "cyan"), f"  {drawing.span(span)}"))


def about(search: Search) -> dict[str, Any]:
    """For scripts."""
    return {
        "trials": search.trials,
        "aim": search.aim,
        "maximize": search.maximize,
        "prune": list(search.prune),
        "space": {path: drawing.span(span) for path, span in search.space.items()},
    }


def drive(settings: Settings, sweep: Sweep, on: str, console: Console, json: bool) -> str:
    """Until all trials are told; the best of them. Raises RunFailed if none gave a figure."""
    with driving(sweep, settings, on) as searcher:
        if not json:
            tell(sweep, search_of(sweep), searcher.aim, console)
        try:
            step, told = _until_over(settings, searcher, console, json)
        except KeyboardInterrupt:
            on_with = f"graftui sweep run {sweep.id} goes on with the search"
            console.print(f"left: what is queued goes on; {on_with}", style="yellow")
            raise
    best = drawing.trial(step.best, searcher.aim) if step.best else Text("no figure yet")
    if json:
        send_json(_as_json(sweep, step, told))
    elif step.stopped:
        console.print("stopped: the sweep was cancelled or forgotten", style="yellow")
    else:
        console.print(Text("best  ").append(best))
        console.print(f"graftui sweep show {sweep.id}")
    if not step.stopped and step.best is None:
        raise RunFailed(
            f"No trial of sweep {sweep.id} gave a figure.",
            f"`graftui sweep show {sweep.id}` says what became of them.",
        )
    return f"best {best.plain}"


def stands(settings: Settings, sweep: Sweep, cells: Sequence[Sequence[Standing]]) -> Text:
    """How far a search is, by its cells as they stand."""
    search = search_of(sweep)
    aim = aim_of(search, settings)
    reached = reached_by(sweep, cells, aim, settings)
    text = Text(f"  search: {reached.points} of {counted(search.trials, 'trial')}, ")
    text.append(drawing.sought(search, aim))
    if reached.best is not None:
        text.append(f"; best {drawing.figure(reached.figure, aim)}", "bold")
        text.append(f" at {drawing.at(reached.best)}")
    return text


def reached_json(
    settings: Settings, sweep: Sweep, cells: Sequence[Sequence[Standing]]
) -> dict[str, Any]:
    """The same for scripts."""
    far = reached_by(sweep, cells, aim_of(search_of(sweep), settings), settings)
    best = None if far.best is None else {"at": far.best, "figure": far.figure}
    return {"points": far.points, "best": best}


def _until_over(
    settings: Settings, searcher: Searcher, console: Console, quiet: bool
) -> tuple[Step, list[Trial]]:
    progress = Progress(
        TextColumn("trials", markup=False), BarColumn(bar_width=24), MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[state]}", "dim", markup=False),
        console=console, transient=True, disable=quiet or not console.is_terminal,
    )  # fmt: skip
    told: list[Trial] = []
    with progress:
        bar = progress.add_task("", total=None, state="")
        while True:
            step = searcher.step()
            told += step.told
            for trial in () if quiet else step.told:
                console.print(drawing.trial(trial, searcher.aim, step.why.get(trial.number, "")))
            best = f", best {drawing.figure(step.best.value, searcher.aim)}" if step.best else ""
            progress.update(
                bar, completed=step.asked - step.open, total=step.total,
                state=visible(f"{step.open} at work{best}"),
            )  # fmt: skip
            if step.over:
                return step, told
            time.sleep(2 * settings.poll_s)


def _as_json(sweep: Sweep, step: Step, told: Sequence[Trial]) -> dict[str, Any]:
    def cell(trial: Trial) -> dict[str, Any]:
        why = step.why.get(trial.number, "") if trial.state is TrialState.failed else ""
        return {
            "number": trial.number, "at": trial.point, "state": trial.state,
            "figure": trial.value, "why": why,
        }  # fmt: skip

    return {
        "id": sweep.id,
        "name": sweep.name,
        "trials": step.total,
        "told": [cell(trial) for trial in told],
        "best": cell(step.best) if step.best else None,
        "stopped": step.stopped,
    }
