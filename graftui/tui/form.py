"""The form of a new run: the settings of a recipe's parts, prefilled, and what is wrong with them.

Made from the config schema alone, so that it cannot drift from `--set`; a value is typed as there,
and read once. Draws nothing: new/field.py and new/screen.py do.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from engine.contract import preflight, prompts, schema
from engine.contract.config import parse
from engine.contract.kinds import kinds
from engine.contract.schema import Setting
from graftui.models import Run
from graftui.planning import plans, reruns, values
from graftui.planning.inputs import filled_by
from graftui.planning.overrides import Override, Source
from graftui.planning.recipes import Recipe
from graftui.planning.reruns import of_run
from graftui.settings import Settings

Value = str | bool
"""What a field holds: a switch holds a bool, all others a text."""

_PATH = re.compile(r"[a-z_]+\.[a-z_0-9]+")


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
    return value if isinstance(value, bool) else values.written(value)


def _groups(recipe: Recipe, hidden: Sequence[str] = ()) -> tuple[Group, ...]:
    configs = recipe.configs()
    shown = [
        (part, setting, schema.flatten(config)[setting.path])
        for part, config in configs.items()
        for setting in schema.settings(recipe.kinds[part])
        if setting.keys[0] not in (*_taken_by(recipe, part), *hidden)
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
        entry = Entry(path, label, setting, _box(setting, value), part)
        groups.setdefault(title, []).append(entry)
    return tuple(Group(title, tuple(entries)) for title, entries in groups.items())


def _taken_by(recipe: Recipe, part: str) -> tuple[str, ...]:
    """Sections of a part that those it is made from say."""
    return _taken(recipe.kinds[part], recipe.inputs.get(part, {}))


def _taken(kind: str, linked: Collection[str], given: bool = False) -> tuple[str, ...]:
    """Sections that the roles `linked` fill; `given`: without what is only taken over."""
    roles = [role for role in kinds()[kind].roles if role.name in linked]
    filled = [setting.partition(".")[0] for role in roles for setting in filled_by(role)]
    return (*filled, *(name for role in roles if not given for name in role.inherits))


def errors(form: Form, filled: Mapping[str, Value]) -> dict[str, str]:
    """What is wrong: path of a field -> a sentence; "" -> what belongs to no field."""
    by_path: dict[str, str] = {}
    configs, written = form.recipe.asked()
    for part, config in configs.items():
        kind, raw = form.recipe.kinds[part], config.model_dump(mode="json")
        own = [e for e in form.entries if _reaches(form, e, part)]
        for entry in own:
            text = filled.get(entry.path, entry.shown)
            try:
                _put(raw, entry.setting.keys, typed(entry, text))
            except ValueError as error:
                by_path[entry.path] = f"{entry.setting.path} = {text}: {error}"
        recipe = [path for path, o in written[part].items() if o.source is Source.recipe]
        edited = [e.setting.path for e in own if filled.get(e.path, e.shown) != e.shown]
        linked, given = form.recipe.inputs.get(part, {}), (recipe, edited)
        for path, sentence in _wrong(raw, kind, linked, given).items():
            by_path.setdefault(_owner(own, path, sentence), sentence)
    return by_path


def _owner(entries: list[Entry], path: str, sentence: str) -> str:
    """Path of the field that an error belongs to: by its setting, or by the name it begins with."""
    subject = sentence.partition(":")[0]
    for entry in entries:
        if path == entry.setting.path or subject == entry.setting.keys[-1]:
            return entry.path
    return ""


def _reaches(form: Form, entry: Entry, part: str) -> bool:
    """Whether a field sets something in `part`: its own, or of the part it is made from."""
    if entry.part == part:
        return True
    sources = form.recipe.inputs.get(part, {}).values()
    shared = entry.setting.keys[0] in _taken_by(form.recipe, part)
    return shared and any(entry.part in parts[:1] for parts in sources)


def _wrong(
    raw: dict[str, Any],
    kind: str,
    linked: Collection[str],
    given: tuple[Sequence[str], Sequence[str]],
) -> dict[str, str]:
    """What each setting is by itself, then the first thing that planning would refuse; `given`:
    the settings that the recipe has, and those that were changed."""
    wrong: dict[str, str] = {}
    try:
        config = prompts.in_config(parse(raw))
        entry = kinds()[kind]
        trouble = entry.check(config, linked) or entry.check_given(config, *given)
    except ValidationError as error:
        wrong, trouble = schema.explain(error, kind), None
    except prompts.PromptFileError as error:
        trouble = (str(error), "")
    if "model.name" not in wrong and (lacking := preflight.check_model(raw["model"]["name"])):
        wrong["model.name"] = ": ".join(lacking)
    elif trouble:
        sentence = ": ".join(filter(None, trouble))
        wrong[_first_setting(sentence, kind)] = sentence
    return wrong


def _first_setting(sentence: str, kind: str) -> str:
    """The path of the setting that is named first; empty if none is."""
    paths = {setting.path for setting in schema.settings(kind)}
    return next((word for word in _PATH.findall(sentence) if word in paths), "")


def _put(raw: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    for key in keys[:-1]:
        raw = raw[key]
    raw[keys[-1]] = value


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
