"""What is done with a form, in threads: each job blocks, and returns what came of it."""

from collections.abc import Mapping

from graftui.errors import UsageError
from graftui.models import Run
from graftui.planning import library
from graftui.planning.sweeps import making
from graftui.planning.sweeps.estimate import estimate
from graftui.planning.sweeps.sweep import Sweep
from graftui.scheduler import look, submit
from graftui.settings import Settings
from graftui.show import sweeps as words
from graftui.tui import form
from graftui.tui.form import Form, Value
from graftui.tui.messages import Checked, Foreseen, FormMade, Queued, Refused, SweepMade
from graftui.tui.new import axes, checking, coming

_MOST_FORESEEN = 400
"""Cells of a grid that are planned while one types: it takes as long as they are many."""


def form_of_recipe(settings: Settings, name: str) -> FormMade:
    """The form of a recipe."""
    return FormMade(form.of_recipe(library.load(name, settings)))


def form_of_rerun(run: Run) -> FormMade:
    """The form of a run that is to be run again."""
    return FormMade(form.of_rerun(run))


def check(filled: Form, values: Mapping[str, Value]) -> Checked:
    """What is wrong in a filled form, and which of its fields are axes."""
    grid = axes.read(filled, values)
    lengths = {path: len(items) for path, items in grid.axes.items()}
    return Checked(values, checking.errors(filled, values), lengths)


def foresee(settings: Settings, filled: Form, values: Mapping[str, Value]) -> Foreseen:
    """What a filled form, in which nothing is wrong, would come to."""
    try:
        sweep = coming.sweep(filled, values, settings)
        told = _foreseen(settings, sweep) if sweep else ()
    except UsageError as exc:
        return Foreseen(values, (), exc)
    return Foreseen(values, told)


def _foreseen(settings: Settings, sweep: Sweep) -> tuple[tuple[str, str], ...]:
    cells = making.count(sweep)
    told = ("sweep", f"{cells:,} cells")
    if cells > _MOST_FORESEEN:
        return (told, ("done", "not looked for among so many until they are queued"))
    outcome = making.make(sweep, settings, queue=False)
    expected = estimate(outcome.plan.plans, settings)
    return (told, *words.plan(outcome.plan, expected))


def queue(
    settings: Settings, filled: Form, values: Mapping[str, Value]
) -> Queued | SweepMade | Refused | Checked:
    """Queue what the filled form comes to, and see to it that it starts; or say what is wrong."""
    checked = check(filled, values)
    if checked.problems:
        return Checked(values, checked.problems, checked.axes, refused=True)
    try:
        if sweep := coming.sweep(filled, values, settings):
            return _make(settings, sweep)
        planned = coming.planned(filled, values, settings)
    except UsageError as exc:
        return Refused(exc)
    runs = submit.submit(settings, planned.plans)
    look.set_going(settings)
    return Queued(runs, planned.reused, planned.remarks)


def _make(settings: Settings, sweep: Sweep) -> SweepMade:
    outcome = making.make(sweep, settings)
    if outcome.queued:
        look.set_going(settings)
    expected = estimate(outcome.plan.plans, settings)
    return SweepMade(outcome.sweep.id, words.outcome(len(outcome.queued), outcome.plan, expected))
