"""Runs stopped, and runs deleted."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from graftui.models import Run, RunStatus
from graftui.results.figures import counted
from graftui.scheduler.removal import trash
from graftui.text import visible
from graftui.tui import jobs
from graftui.tui.dialogs.confirm import ConfirmScreen
from graftui.tui.live import LiveScreen
from graftui.tui.messages import Condemned
from graftui.tui.text import cut
from graftui.tui.verbs import deleting
from graftui.tui.verbs.bulk import bulk
from graftui.tui.verbs.opening import opening

_LISTED = 4
"""Runs that a question names; the rest it counts."""


def cancel(screen: LiveScreen[Any], runs: Sequence[Run]) -> None:
    """Stop those that have something to do, if the user says so."""
    going = [run for run in runs if run.status.active or run.status is RunStatus.held]
    if not going:
        states = ", ".join(f"{run.id} is {run.status}" for run in runs[:3])
        screen.notify(f"{states} already.", severity="warning")
        return
    begun = any(run.status in (RunStatus.starting, RunStatus.running) for run in going)
    many = len(going) > 1
    text = "None has begun." if many else "It has not begun."
    if begun:
        text = "It stops at its next step and keeps what is best so far."
    if begun and many:
        text = "They stop at their next step and keep what is best so far."
    question = cut(visible(f"Cancel {going[0].kind} {going[0].id} ({going[0].name})"), 60) + "?"
    if many:
        question, text = f"Cancel {counted(len(going))}?", f"{_listed(going)}\n\n{text}"

    def answered(yes: bool | None) -> None:
        if yes:
            ids = [run.id for run in going]
            screen.notify(f"Stopping {', '.join(ids[:_LISTED])} …")
            bulk(screen, "Stopping", len(ids), partial(jobs.stop, screen.settings, ids))

    verb = "Cancel them" if many else "Cancel the run"
    screen.app.push_screen(ConfirmScreen(question, text, verb), answered)


def delete(screen: LiveScreen[Any], ids: Sequence[str], active: Collection[str]) -> None:
    """Delete runs, if none is `active` and the user says so."""
    if busy := sorted(set(ids) & set(active)):
        text = f"{', '.join(busy)} still has something to do: cancel it first."
        screen.notify(text, severity="warning")
        return
    job = partial(jobs.condemn, screen.settings, ids)
    opening(screen, "Looking for what uses them", job, partial(_ask_deletion, screen))


def _ask_deletion(screen: LiveScreen[Any], condemned: Condemned) -> None:
    ids = [run.id for run in condemned.runs]
    text = _listed(condemned.runs)
    if condemned.dependants:
        text += f"\n\nMade from that, and left without it:\n{_listed(condemned.dependants)}"
    if trash.keeps(screen.settings):
        days = f"{screen.settings.trash_days:g} days"
        text += f"\n\nu brings them back, and `graftui undo` does so for {days}."
    else:
        text += "\n\nCurves, checkpoints and skill files go too. This cannot be undone."

    def answered(yes: bool | None) -> None:
        if yes:
            job = partial(deleting.delete, screen.settings, ids)
            bulk(screen, f"Deleting {counted(len(ids))}", len(ids), job)

    question = f"Delete {counted(len(ids))}?"
    screen.app.push_screen(ConfirmScreen(question, text, "Delete"), answered)


def _listed(runs: Sequence[Run]) -> str:
    """Runs, one a line."""
    named = (f"{run.kind} {run.id}  {run.name}" for run in runs[:_LISTED])
    lines = [f"  {cut(visible(name), 60)}" for name in named]
    more = len(runs) - _LISTED
    return "\n".join([*lines, *([f"  and {more:,} more"] if more > 0 else [])])
