"""New runs, runs again, and held ones let go."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from graftui.models import Run, RunStatus
from graftui.settings import Settings
from graftui.tui import jobs
from graftui.tui.background import start
from graftui.tui.live import LiveScreen
from graftui.tui.messages import FormMade, Queued, RecipesListed, SweepMade, Told
from graftui.tui.new.picking import RecipeScreen
from graftui.tui.verbs.opening import opening


def new(screen: LiveScreen[Any]) -> None:
    """Choose a recipe, fill in its form."""
    job = partial(jobs.list_recipes, screen.settings)
    opening(screen, "Reading the recipes", job, partial(_choose_recipe, screen))


def rerun(screen: LiveScreen[Any], run: Run) -> None:
    """The form of a run that is to be run again."""
    opening(screen, f"Reading {run.id}", partial(_form_of_rerun, run), partial(_fill_in, screen))


def release(screen: LiveScreen[Any], runs: Sequence[Run]) -> None:
    """Queue those that are held."""
    held = [run for run in runs if run.status is RunStatus.held]
    if not held:
        states = ", ".join(f"{run.id} is {run.status}" for run in runs[:3])
        screen.notify(f"{states}, not held.", severity="warning")
        return
    start(screen, "release", partial(jobs.release, screen.settings, held))


def _choose_recipe(screen: LiveScreen[Any], listed: RecipesListed) -> None:
    if listed.news:
        screen.notify(listed.news, timeout=12)

    def chosen(name: str | None) -> None:
        if name:
            job = partial(_form_of_recipe, screen.settings, name)
            opening(screen, f"Reading {name}", job, partial(_fill_in, screen))

    screen.app.push_screen(RecipeScreen(listed.recipes, listed.texts), chosen)


# What follows imports pydantic: only for those who fill in a form.


def _form_of_recipe(settings: Settings, name: str) -> FormMade:
    from graftui.tui.new import jobs

    return jobs.form_of_recipe(settings, name)


def _form_of_rerun(run: Run) -> FormMade:
    from graftui.tui.new import jobs

    return jobs.form_of_rerun(run)


def _fill_in(screen: LiveScreen[Any], made: FormMade) -> None:
    from graftui.tui.new.screen import NewRunScreen

    screen.app.push_screen(NewRunScreen(screen.settings, made.form), partial(_go_on, screen))


def _go_on(screen: LiveScreen[Any], made: Queued | SweepMade | None) -> None:
    """With what came of a form: a sweep is shown."""
    if isinstance(made, Queued):
        screen.post_message(replace(made))  # one that was stopped would stop here too
    if isinstance(made, SweepMade):
        from graftui.tui.sweep.screen import SweepScreen

        screen.post_message(Told(made.text))
        screen.app.push_screen(SweepScreen(screen.settings, screen.reader, (made.id,)))
