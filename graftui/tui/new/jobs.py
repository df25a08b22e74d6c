"""What is done with a form, in threads: each job blocks, and returns what came of it."""

from collections.abc import Mapping

from graftui.errors import UsageError
from graftui.models import Run
from graftui.planning import library
from graftui.planning.estimate import estimate
from graftui.planning.sweeps import making
from graftui.planning.sweeps.sweep import Sweep
from graftui.scheduler import look, submit
from graftui.settings import Settings
from graftui.show import plans
from graftui.show import sweeps as words
from graftui.tui import form
from graftui.tui.form import Form, Value
from graftui.tui.messages import (
    Checked,
    Foreseen,
    FormMade,
    Offered,
    Queued,
    Refused,
    Repeats,
    SweepMade,
    Told,
)
from graftui.tui.new import axes, checking, coming, offers

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
        told = _of_sweep(settings, sweep) if sweep else _of_runs(settings, filled, values)
    except UsageError as exc:
        return Foreseen(values, (), exc)
    return Foreseen(values, told)


def _of_runs(
    settings: Settings, filled: Form, values: Mapping[str, Value]
) -> tuple[tuple[str, str], ...]:
    planned = coming.planned(filled, values, settings)
    return tuple(plans.plan(planned, estimate(planned.plans, settings)))


def _of_sweep(settings: Settings, sweep: Sweep) -> tuple[tuple[str, str], ...]:
    cells = making.count(sweep)
    told = ("sweep", f"{cells:,} cells")
    if cells > _MOST_FORESEEN:
        return (told, ("done", "not looked for among so many until they are queued"))
    outcome = making.make(sweep, settings, queue=False)
    expected = estimate(outcome.plan.plans, settings)
    return (told, *words.plan(outcome.plan, expected))


def offer(settings: Settings, filled: Form) -> Offered:
    """What its fields could hold."""
    return Offered(offers.of_form(filled, settings))


class Saving:
    """Saves the filled form as the recipe of a name; over one that is there the second time."""

    def __init__(self, settings: Settings, filled: Form, values: Mapping[str, Value]) -> None:
        self._settings, self._filled, self._values = settings, filled, values
        self._refused = ""

    def __call__(self, name: str) -> Told:
        """Raises UsageError for a form in which something is wrong, and a name that will not do."""
        if wrong := checking.errors(self._filled, self._values):
            path, problem = next(iter(wrong.items()))
            raise UsageError(f"{path} is wrong: {problem}", "Correct it, then save the recipe.")
        library.check_name(name)
        file = self._settings.root / "recipes" / f"{name}.toml"
        if file.exists() and name != self._refused:
            self._refused = name
            raise UsageError(f"There is a recipe {name} already.", "Enter again writes over it.")
        recipe = coming.recipe(self._filled, self._values, self._settings)
        saved = library.save(name, recipe, self._settings, replace=name == self._refused)
        where = saved.relative_to(self._settings.root)
        return Told(f"Saved as {where}; run it with n, or graftui run {name}.")


def queue(
    settings: Settings, filled: Form, values: Mapping[str, Value], sure: bool = False
) -> Queued | SweepMade | Refused | Repeats | Checked:
    """Queue what the filled form comes to, and see to it that it starts; or say what is wrong.
    What is done already as it is needs a user who is `sure`.
    """
    checked = check(filled, values)
    if checked.problems:
        return Checked(values, checked.problems, checked.axes, refused=True)
    try:
        if sweep := coming.sweep(filled, values, settings):
            return _make(settings, sweep)
        planned = coming.planned(filled, values, settings)
    except UsageError as exc:
        return Refused(exc)
    if planned.nothing_new and not sure:
        return Repeats(planned.same)
    runs = submit.submit(settings, planned.plans)
    look.set_going(settings)
    return Queued(runs, planned.reused, planned.remarks)


def _make(settings: Settings, sweep: Sweep) -> SweepMade:
    outcome = making.make(sweep, settings)
    if outcome.queued:
        look.set_going(settings)
    expected = estimate(outcome.plan.plans, settings)
    return SweepMade(outcome.sweep.id, words.outcome(len(outcome.queued), outcome.plan, expected))
