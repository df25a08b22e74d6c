"""Sweeps gone on with, made longer, stopped and forgotten. Imports pydantic, as those do.

A screen takes the keys by `bindings`, and has an action for each, which calls the verb.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from textual.binding import Binding

from graftui.planning.sweeps.states import CellState
from graftui.planning.sweeps.sweep import Sweep
from graftui.planning.values import written
from graftui.results.figures import counted
from graftui.text import visible
from graftui.tui.background import start
from graftui.tui.dialogs.confirm import ConfirmScreen
from graftui.tui.dialogs.line import LineScreen
from graftui.tui.live import LiveScreen
from graftui.tui.messages import Told
from graftui.tui.sweep import jobs
from graftui.tui.text import cut
from graftui.tui.verbs.queueing import tell

_NAMED = 60


def bindings(section: str, *, cancel_in_footer: bool) -> list[Binding]:
    """Keys of the verbs, for a screen whose ids begin with `section` and that has their actions."""
    return [
        Binding("r", "go_on", "Run missing", id=f"{section}.run",
                tooltip="queue the cells that failed and those that are missing"),
        Binding("a", "extend", "Add values", id=f"{section}.add",
                tooltip="make an axis longer, and queue the cells that this adds"),
        Binding("c", "cancel", "Cancel", show=cancel_in_footer, id=f"{section}.cancel",
                tooltip="cancel what is queued or at work for it (asks first)"),
        Binding("d", "forget", "Delete", show=False, id=f"{section}.delete",
                tooltip="forget the sweep (asks first); its runs stay"),
    ]  # fmt: skip


def go_on(screen: LiveScreen[Any], sweep: Sweep) -> None:
    """Queue what failed and what is missing."""
    screen.notify(f"Planning what failed and is missing of {sweep.id} …")
    start(screen, "sweep run", partial(jobs.go_on, screen.settings, sweep.id))


def extend(screen: LiveScreen[Any], sweep: Sweep) -> None:
    """Type more values of an axis."""
    axes = {**sweep.axes.grid, **sweep.axes.together}
    there = "\n".join(f"{path}  {'  '.join(map(written, axes[path]))}" for path in axes)
    first = next(iter(axes), "")
    job = partial(jobs.add, screen.settings, sweep.id)
    question = f"More values of which axis of {_named(sweep)}?"
    dialog = LineScreen[Told](question, f"there are:\n{there}", job, f"{first}=" if first else "")
    screen.app.push_screen(dialog, partial(tell, screen))


def cancel(screen: LiveScreen[Any], sweep: Sweep, under_way: int) -> None:
    """Stop what is queued or at work for it, if the user says so."""
    if not under_way and not sweep.search:
        screen.notify("No run of this sweep is queued or at work.", severity="warning")
        return

    def answered(yes: bool | None) -> None:
        if yes:
            screen.notify(f"Stopping the runs of {sweep.id} …")
            start(screen, f"cancel {sweep.id}", partial(jobs.stop, screen.settings, sweep.id))

    text = f"{counted(under_way, 'cell')} queued or at work. What runs keeps what is best so far."
    question = ConfirmScreen(f"Cancel sweep {_named(sweep)}?", text, "Cancel it")
    screen.app.push_screen(question, answered)


def forget(screen: LiveScreen[Any], sweep: Sweep) -> None:
    """Delete it, if the user says so."""

    def answered(yes: bool | None) -> None:
        if yes:
            start(screen, f"forget {sweep.id}", partial(jobs.forget, screen.settings, sweep.id))

    text = f"Its runs stay: `graftui sweep rm {sweep.id} --runs` deletes those too."
    question = ConfirmScreen(f"Forget sweep {_named(sweep)}?", text, "Forget it")
    screen.app.push_screen(question, answered)


def under_way(counts: Mapping[CellState, int]) -> int:
    """Cells that something comes of without anybody's doing."""
    return sum(number for state, number in counts.items() if state.under_way)


def _named(sweep: Sweep) -> str:
    return cut(visible(f"{sweep.id} ({sweep.name})"), _NAMED)
