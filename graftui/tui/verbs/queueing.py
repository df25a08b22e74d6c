"""When waiting runs start: held, moved, given another priority; the queue paused, or made wider."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from graftui.models import Run, RunStatus
from graftui.tui.background import start
from graftui.tui.dialogs.choice import ChoiceScreen, Option
from graftui.tui.dialogs.line import LineScreen
from graftui.tui.live import LiveScreen
from graftui.tui.messages import PartsRead, Told
from graftui.tui.queue import jobs
from graftui.tui.queue.jobs import Where
from graftui.tui.verbs.opening import opening

_WAITING = (RunStatus.queued, RunStatus.held)


def hold(screen: LiveScreen[Any], runs: Sequence[Run]) -> None:
    """Hold those back that are queued."""
    if queued := _of(screen, runs, [RunStatus.queued], "queued"):
        start(screen, "hold", partial(jobs.hold, screen.settings, queued))


def move(screen: LiveScreen[Any], runs: Sequence[Run], where: Where) -> None:
    """Move those that wait."""
    if waiting := _of(screen, runs, _WAITING, "waiting"):
        start(screen, "move", partial(jobs.move, screen.settings, waiting, where))


def prioritize(screen: LiveScreen[Any], runs: Sequence[Run], by: int) -> None:
    """Raise the priority of those that wait, or lower it."""
    if waiting := _of(screen, runs, _WAITING, "waiting"):
        start(screen, "priority", partial(jobs.prioritize, screen.settings, waiting, by))


def pause(screen: LiveScreen[Any]) -> None:
    """Pause the queue or one of its groups, or let it go on; with groups, choose."""
    opening(screen, "Reading the queue", partial(jobs.parts, screen.settings),
            partial(_choose_part, screen))  # fmt: skip


def widen(screen: LiveScreen[Any]) -> None:
    """Type how many runs are at work at once."""
    note = "4: the queue; big=1: the group big, which is made; 0 takes it back"
    job = partial(jobs.width, screen.settings)
    dialog = LineScreen[Told]("How many runs at once?", note, job)
    screen.app.push_screen(dialog, partial(tell, screen))


def tell(screen: LiveScreen[Any], told: Told | None) -> None:
    """Say what came of a line that was typed."""
    if told is not None:
        screen.post_message(told)


def _of(
    screen: LiveScreen[Any], runs: Sequence[Run], states: Sequence[RunStatus], word: str
) -> list[Run]:
    chosen = [run for run in runs if run.status in states]
    if not chosen and runs:
        told = ", ".join(f"{run.id} is {run.status}" for run in runs[:3])
        screen.notify(f"{told}, not {word}.", severity="warning")
    return chosen


def _choose_part(screen: LiveScreen[Any], read: PartsRead) -> None:
    def change(group: str) -> None:
        job = partial(jobs.pause, screen.settings, group, not read.parts[group].paused)
        start(screen, "pause", job)

    def chosen(key: str | None) -> None:
        if key is not None:
            change(key.removeprefix("group "))

    if len(read.parts) == 1:
        change("")
        return
    options = [
        Option(f"group {name}", name or "the whole queue", "paused" if part.paused else "goes on")
        for name, part in read.parts.items()
    ]
    screen.app.push_screen(ChoiceScreen("Pause, or let go on", options), chosen)
