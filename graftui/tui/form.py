"""The form of a new run: the settings of a recipe's parts, prefilled.

Made from the config schema alone, so that it cannot drift from `--set`; a value is typed as there,
and read once. What is wrong with a filled one is in new/checking.py, what it comes to in
new/coming.py. Draws nothing: new/field.py and new/screen.py do.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from engine.contract import schema
from engine.contract.kinds import kinds
from engine.contract.schema import Setting
from graftui.models import Run
from graftui.planning import values
from graftui.planning.inputs import filled_by
from graftui.planning.overrides import Source
from graftui.planning.recipes import Recipe
from graftui.planning.reruns import of_run
from graftui.planning.sweeps import axes

Value = str | bool
"""What a field holds: a switch holds a bool, all others a text."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One field."""

    path: str
    """As in `--set path=value`; of the run itself: name, tags, fresh, keep."""
    label: str
    setting: Setting
    shown: Value
    """What stands in the box at first."""
    part: str = ""
    """Part of the recipe; empty: about the run itself."""
    given: bool = True
    """Whether the recipe says it, or the run has something else than the default."""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields under one heading."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """What there is to fill in, and what it will be made into."""

    title: str
    recipe: Recipe
    groups: tuple[Group, ...]
    run: Run | None = None
    """The run that is run again; None: a recipe is run."""

    @property
    def entries(self) -> list[Entry]:
        """All fields, from top to bottom."""
        return [entry for group in self.groups for entry in group.entries]

    def changes(self, filled: Mapping[str, Value]) -> dict[str, tuple[Value, Value]]:
        """Fields that are not as they were prefilled: path -> (before, now)."""
        return {
            e.path: (e.shown, filled[e.path])
            for e in self.entries
            if filled.get(e.path, e.shown) != e.shown
        }


def of_recipe(recipe: Recipe) -> Form:
    """The form of a recipe that is to be run. Raises UsageError for one that is wrong itself."""
    about = [_about("name", "Name of the runs", recipe.name)]
    about.append(_about("tags", "Tags, with spaces", ""))
    if recipe.inputs:
        about.append(_about("fresh", "Fine-tune again, even if that very run exists", False))
    groups = _groups(recipe)
    return Form(f"New run: {recipe.name}", recipe, (Group("run", tuple(about)), *groups))


def of_rerun(run: Run) -> Form:
    """The form of a run that is to be run again."""
    about = (
        _about("name", "Name of the run", run.name),
        _about("tags", "Tags, with spaces", " ".join(run.tags)),
        _about("keep", "Keep name and tags though settings change", False),
    )
    recipe = of_run(run)
    # Where it waits for another run, that one says what it is cut from.
    hidden = _taken(run.kind, {given.role for given in run.inputs if given.is_run}, given=True)
    groups = (Group("run", about), *_groups(recipe, hidden))
    return Form(f"Run again: {run.id} {run.name}", recipe, groups, run)


def _about(name: str, help: str, value: Value) -> Entry:
    kind = "yes/no" if isinstance(value, bool) else "text"
    setting = Setting(name, (name,), value, (), kind, "", help)
    return Entry(name, name, setting, _box(setting, value))


def _box(setting: Setting, value: Any) -> Value:
    return value if isinstance(value, bool) else axes.single(setting, value)


def _groups(recipe: Recipe, hidden: Sequence[str] = ()) -> tuple[Group, ...]:
    configs, told = recipe.asked()
    shown = [
        (part, setting, schema.flatten(config)[setting.path])
        for part, config in configs.items()
        for setting in schema.settings(recipe.kinds[part])
        if setting.keys[0] not in (*taken_by(recipe, part), *hidden)
        # A curve has its own.
        and not (setting.path == "graft.sparsity" and getattr(config, "sparsities", False))
    ]
    paths = [setting.path for _, setting, _ in shown]
    groups: dict[str, list[Entry]] = {}
    for part, setting, value in shown:
        several = paths.count(setting.path) > 1 or (len(configs) > 1 and part != recipe.kinds[part])
        section = setting.path.rpartition(".")[0]
        title = f"{part}: {section}" if several else section
        path = f"{part}.{setting.path}" if several else setting.path
        label = setting.path.rpartition(".")[2]
        source = told[part][setting.path].source if setting.path in told[part] else None
        given = source is Source.recipe or _box(setting, value) != _box(setting, setting.default)
        entry = Entry(path, label, setting, _box(setting, value), part, given)
        groups.setdefault(title, []).append(entry)
    return tuple(Group(title, tuple(entries)) for title, entries in groups.items())


def taken_by(recipe: Recipe, part: str) -> tuple[str, ...]:
    """Sections of a part that those it is made from say."""
    return _taken(recipe.kinds[part], recipe.inputs.get(part, {}))


def _taken(kind: str, linked: Collection[str], given: bool = False) -> tuple[str, ...]:
    """Sections that the roles `linked` fill; `given`: without what is only taken over."""
    roles = [role for role in kinds()[kind].roles if role.name in linked]
    filled = [setting.partition(".")[0] for role in roles for setting in filled_by(role)]
    return (*filled, *(name for role in roles if not given for name in role.inherits))


def typed(entry: Entry, value: Value) -> Any:
    """What a field's value means. Raises ValueError, with what it should be."""
    return value if isinstance(value, bool) else values.read(entry.setting, value.strip())


def brief(entry: Entry, value: Value, problem: str) -> str:
    """What is wrong with a field without its name and its value, which stand to the left of it."""
    shown = [str(value)]
    with suppress(ValueError):
        shown.append(repr(typed(entry, value)))
    for text in shown:
        problem = problem.removeprefix(f"{entry.setting.path} = {text}: ")
    return problem
