"""What a filled form comes to: a run with what it is made from, or a sweep.

Owns the names and tags that these have. Starts nothing.
"""

import copy
from collections.abc import Mapping
from dataclasses import replace

from graftui.planning import plans, reruns
from graftui.planning.overrides import Override, Source, put
from graftui.planning.recipes import Recipe
from graftui.planning.sweeps import axes as axis
from graftui.planning.sweeps import making
from graftui.planning.sweeps.sweep import Sweep
from graftui.settings import Settings
from graftui.tui.form import Form, Value, typed
from graftui.tui.new import axes


def sweep(form: Form, filled: Mapping[str, Value], settings: Settings) -> Sweep | None:
    """The sweep that it asks for, as `graftui sweep RECIPE --grid` does, with the recipe's axes; of
    a run that is run again, as of the recipe that it can be saved as. None: no field has several
    values. Raises UsageError.
    """
    grid = axes.read(form, filled)
    if not grid.axes:
        return None
    recipe = _whole(form, settings)
    own = axis.of_recipe(recipe.sweep, recipe.name, recipe.kinds)
    varying = axis.merged(own, axis.Axes(axes.values(form, grid)))
    sets = [each for each in overrides(form, grid.filled) if each.path not in grid.axes]
    name, tags = _label(form, filled)
    return making.asked_for(recipe, varying, sets, name, tags)


def recipe(form: Form, filled: Mapping[str, Value], settings: Settings) -> Recipe:
    """The form as a recipe: what was typed in its parts, axes as its [sweep.axes]; of a run that is
    run again, with those that it is made from, as `graftui save` does. Raises UsageError.
    """
    grid, whole = axes.read(form, filled), _whole(form, settings)
    parts = copy.deepcopy(whole.parts)
    sets = [each for each in overrides(form, grid.filled) if each.path not in grid.axes]
    put(parts, whole.kinds, whole.source, sets)
    sweep = copy.deepcopy(whole.sweep)
    for path, several in axes.values(form, grid).items():
        *above, name = path.split(".")
        table = sweep.setdefault("axes", {})
        for key in above:
            table = table.setdefault(key, {})
        table[name] = list(several)
    return replace(whole, parts=parts, sweep=sweep)


def _whole(form: Form, settings: Settings) -> Recipe:
    """The recipe that is run; of a run again, with those that it is made from."""
    run = form.run
    return form.recipe if run is None else reruns.of_run(run, reruns.ancestry(run, settings))


def _label(form: Form, filled: Mapping[str, Value]) -> tuple[str, tuple[str, ...]]:
    """Name and tags of what is made."""
    lost = consequences(form, filled)
    about = {e.path: filled.get(e.path, e.shown) for e in form.entries if not e.part}
    name, tags = (lost[path][1] if path in lost else about[path] for path in ("name", "tags"))
    named = next(typed(e, name) for e in form.entries if e.path == "name")
    return str(named), tuple(str(tags).split())


def planned(form: Form, filled: Mapping[str, Value], settings: Settings) -> plans.Planned:
    """What the filled form comes to. Raises UsageError."""
    sets = overrides(form, filled)
    about = {e.path: typed(e, filled.get(e.path, e.shown)) for e in form.entries if not e.part}
    name, tags = about["name"], tuple(about["tags"].split())
    if form.run is None:
        return plans.plan(form.recipe, settings, sets, name, tags, about.get("fresh", False))
    edited = form.changes(filled)
    own_name = name if "name" in edited else ""
    again, _ = reruns.rerun(form.run, sets, settings, own_name, keep=about["keep"])
    if "tags" not in edited:
        return again
    return replace(again, plans=[replace(plan, tags=tags) for plan in again.plans])


def consequences(form: Form, filled: Mapping[str, Value]) -> dict[str, tuple[Value, Value]]:
    """Name and tags that a run again loses as its settings change: as in `Form.changes`."""
    edited = form.changes(filled)
    if (
        form.run is None
        or "keep" in edited
        or not any(e.path in edited for e in form.entries if e.part)
    ):
        return {}
    name, tags = reruns.label(form.run, True, "", ())
    lost = {"name": (form.run.name, name), "tags": (" ".join(form.run.tags), " ".join(tags))}
    return {path: (a, b) for path, (a, b) in lost.items() if path not in edited and a != b}


def overrides(form: Form, filled: Mapping[str, Value]) -> tuple[Override, ...]:
    """The changes of settings. Raises ValueError for one that `errors` names."""
    changed = form.changes(filled)
    return tuple(
        Override(e.path, typed(e, filled[e.path]), Source.form)
        for e in form.entries
        if e.part and e.path in changed
    )
