"""From whatever screen to a run's own."""

from collections.abc import Sequence
from typing import Any

from graftui.models import Run
from graftui.show.states import state
from graftui.tui.dialogs.choice import ChoiceScreen, Option
from graftui.tui.live import LiveScreen
from graftui.tui.run.feed import RunPage
from graftui.tui.run.screen import RunScreen


def show(screen: LiveScreen[Any], runs: Sequence[Run]) -> None:
    """The run all over the screen; of several, that which is chosen."""

    def chosen(id: str | None) -> None:
        if id:
            screen.app.push_screen(RunScreen(screen.settings, screen.reader, RunPage(id)))

    if len(runs) == 1:
        chosen(runs[0].id)
    elif runs:
        options = [Option(run.id, run.id, _about(run)) for run in runs]
        screen.app.push_screen(ChoiceScreen("Which run?", options, runs[-1].id), chosen)


def _about(run: Run) -> str:
    look = state(run)
    return f"{look.glyph} {look.word}  {run.kind}  {run.name}"
