"""What the keys of the main screen start: each asks first where something is lost, then a job.

Owns the words in which results are told.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from textual import on
from textual.message import Message
from textual.reactive import reactive

from graftui.models import Run, RunStatus
from graftui.results.columns import COLUMNS
from graftui.results.figures import counted
from graftui.scheduler.removal import trash
from graftui.settings import Settings
from graftui.text import visible
from graftui.tui import jobs
from graftui.tui.background import start
from graftui.tui.compare.screen import CompareScreen
from graftui.tui.dialogs.choice import ChoiceScreen, Option
from graftui.tui.dialogs.confirm import ConfirmScreen
from graftui.tui.dialogs.help import HelpScreen
from graftui.tui.dialogs.opening import OpeningScreen
from graftui.tui.live import LiveScreen
from graftui.tui.messages import (
    Condemned,
    Exported,
    FormMade,
    Queued,
    RecipesListed,
    Released,
    Stopped,
    Trouble,
)
from graftui.tui.runs.feed import RunsPage, RunsSeen
from graftui.tui.runs.table import RunTable
from graftui.tui.text import cut

if TYPE_CHECKING:  # it imports pydantic, which the first paint does not wait for
    from graftui.planning.library import RecipeInfo

SORTS = (
    Option("-created", "newest first", ""),
    Option("created", "oldest first", ""),
    Option("status", "status", ""),
    Option("name", "name", ""),
    Option("task", "task", ""),
    Option("-graft", "score of the graft", "best first"),
    Option("-tuned", "score of the fine-tuned model", "best first"),
    Option("-recov.", "recovery", "best first"),
    Option("-took", "time it took", "longest first"),
)


Came = TypeVar("Came", bound=Message)
"""What a job came to."""

_LISTED = 4
"""Runs that a question names; the rest it counts."""


def _listed(runs: Sequence[Run]) -> str:
    """Runs, one a line."""
    named = (f"{run.kind} {run.id}  {run.name}" for run in runs[:_LISTED])
    lines = [f"  {cut(visible(name), 60)}" for name in named]
    more = len(runs) - _LISTED
    return "\n".join([*lines, *([f"  and {more:,} more"] if more > 0 else [])])


class RunActions(LiveScreen[None]):
    """The actions; RunsScreen has the widgets."""

    settings: Settings
    snapshot: reactive[RunsSeen | None]
    page: reactive[RunsPage]
    marked: reactive[frozenset[str]]

    def look_again(self) -> None:
        """Have the reader look at once."""
        raise NotImplementedError

    def _open(self, what: str, job: Callable[[], Came], then: Callable[[Came], None]) -> None:
        """Do `job`, then go on with what it came to, unless the user leaves meanwhile."""

        def opened(result: Came | Trouble | None) -> None:
            if isinstance(result, Trouble):
                self.post_message(result)
            elif result is not None:
                then(result)

        self.app.push_screen(OpeningScreen[Came](what, job), opened)

    def _run(self) -> Run | None:
        """The run under the cursor."""
        seen, id = self.snapshot, self.query_one(RunTable).selected
        return next((run for run in seen.runs if run.id == id), None) if seen else None

    # A new run

    def action_new(self) -> None:
        """Choose a recipe, fill in its form."""
        job = partial(jobs.list_recipes, self.settings)
        self._open("Reading the recipes", job, self._choose_recipe)

    def _choose_recipe(self, listed: RecipesListed) -> None:
        if listed.news:
            self.notify(listed.news, timeout=12)
        options = [Option(r.name, r.name, _about_recipe(r)) for r in listed.recipes if not r.hidden]

        def chosen(name: str | None) -> None:
            if name:
                job = partial(jobs.form_of_recipe, self.settings, name)
                self._open(f"Reading {name}", job, self._fill_in)

        self.app.push_screen(ChoiceScreen("Which recipe?", options), chosen)

    def action_rerun(self) -> None:
        """The form of the run under the cursor."""
        if run := self._run():
            self._open(f"Reading {run.id}", partial(jobs.form_of_rerun, run), self._fill_in)

    def _fill_in(self, made: FormMade) -> None:
        # Imports pydantic: only for those who fill in a form.
        from graftui.tui.new.screen import NewRunScreen

        def done(queued: Queued | None) -> None:
            if queued:
                self._queued(queued)

        self.app.push_screen(NewRunScreen(self.settings, made.form), done)

    def _queued(self, event: Queued) -> None:
        for remark in event.remarks:
            self.notify(remark, severity="warning", markup=False, timeout=8)
        for run in event.reused:
            how = "under way" if run.status.active else "done"
            self.notify(f"Reusing {run.id}: this fine-tuning is {how} already.", timeout=8)
        if event.runs:
            self.notify(f"Queued {', '.join(f'{run.kind} {run.id}' for run in event.runs)}.")
            self.page = replace(self.page, page=0)
            self.query_one(RunTable).choose(event.runs[0].id)
        self.look_again()

    # Ending and deleting

    def action_cancel(self) -> None:
        """Stop the run under the cursor."""
        run = self._run()
        if run is None:
            return
        if not (run.status.active or run.status is RunStatus.held):
            self.notify(f"{run.id} is {run.status} already.", severity="warning")
            return
        question = cut(visible(f"Cancel {run.kind} {run.id} ({run.name})"), 60) + "?"
        begun = run.status in (RunStatus.starting, RunStatus.running)
        text = "It stops at its next step and keeps what is best so far."
        if not begun:
            text = "It has not begun."

        def answered(yes: bool | None) -> None:
            if yes:
                self.notify(f"Stopping {run.id} …")
                start(self, f"cancel {run.id}", partial(jobs.stop, self.settings, run.id))

        self.app.push_screen(
            ConfirmScreen(question, text, "Cancel the run"),
            answered,
        )

    @on(Stopped)
    def _stopped(self, event: Stopped) -> None:
        self.notify(f"{event.run.id} is {event.run.status}.")
        self.look_again()

    def action_release(self) -> None:
        """Queue the held run under the cursor."""
        run = self._run()
        if run is None:
            return
        if run.status is not RunStatus.held:
            self.notify(f"{run.id} is {run.status}, not held.", severity="warning")
            return
        start(self, f"release {run.id}", partial(jobs.release, self.settings, run))

    @on(Released)
    def _released(self, event: Released) -> None:
        self.notify(f"Queued {event.run.kind} {event.run.id}.")
        self.look_again()

    def action_delete(self) -> None:
        """Delete the marked runs, or the one under the cursor."""
        run, seen = self._run(), self.snapshot
        ids = sorted(self.marked) or ([run.id] if run else [])
        if not ids or run is None or seen is None:
            return
        if busy := sorted(set(ids) & set(seen.active)):
            text = f"{', '.join(busy)} still has something to do: cancel it first (c)."
            self.notify(text, severity="warning")
            return
        job = partial(jobs.condemn, self.settings, ids)
        self._open("Looking for what uses them", job, self._ask_deletion)

    def _ask_deletion(self, condemned: Condemned) -> None:
        ids = [run.id for run in condemned.runs]
        text = _listed(condemned.runs)
        if condemned.dependants:
            text += f"\n\nMade from that, and left without it:\n{_listed(condemned.dependants)}"
        if trash.keeps(self.settings):
            text += f"\n\n`graftui undo` brings them back, for {self.settings.trash_days:g} days."
        else:
            text += "\n\nCurves, checkpoints and skill files go too. This cannot be undone."

        def answered(yes: bool | None) -> None:
            if yes:
                start(self, "delete", partial(jobs.delete, self.settings, ids))

        question = f"Delete {counted(len(ids))}?"
        self.app.push_screen(ConfirmScreen(question, text, "Delete"), answered)

    # Results

    def action_compare(self) -> None:
        """The marked runs side by side."""
        if len(self.marked) < 2:
            self.notify("Mark two runs or more with space, then compare them.", severity="warning")
            return
        self.app.push_screen(CompareScreen(self.reader, tuple(sorted(self.marked))))

    def action_export(self) -> None:
        """The marked runs, or all that meet the filter, as CSV."""
        ids: Sequence[str] = sorted(self.marked)
        start(self, "export", partial(jobs.export, self.settings, ids, self.page))

    @on(Exported)
    def _exported(self, event: Exported) -> None:
        self.notify(f"Wrote {counted(event.runs)} to {event.path}.", timeout=8)

    # The rest

    def action_sort(self) -> None:
        """Choose the order."""

        def chosen(key: str | None) -> None:
            if key:
                self.page = replace(self.page, sort=key, page=0)

        self.app.push_screen(ChoiceScreen("Sort by", SORTS, self.page.sort), chosen)

    def sort_by_column(self, column: str) -> None:
        """By the column that was clicked; a second click turns the order round."""
        key = next(c.sort for c in COLUMNS if c.name == column)
        if key == self.page.sort:
            key = key[1:] if key.startswith("-") else f"-{key}"
        self.page = replace(self.page, sort=key, page=0)

    def action_help(self) -> None:
        """All keys."""
        self.app.push_screen(HelpScreen())


def _about_recipe(recipe: "RecipeInfo") -> str:
    if recipe.problem:
        return f"✗ {recipe.problem}"
    return f"{' + '.join(recipe.parts)}   {recipe.title}"
