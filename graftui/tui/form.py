"""The form of a new run: the settings of a recipe's parts, prefilled, and what is wrong with them.

Made from the config schema alone, so that it cannot drift from `--set`. Owns how a value is
typed and shown. Draws nothing: new/field.py and new/screen.py do.
"""

import codecs
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from engine.contract import preflight, prompts, schema
from engine.contract.config import parse
from engine.contract.kinds import kinds
from engine.contract.schema import Setting
from graftui.models import Run
from graftui.planning import plans
from graftui.planning.recipes import Recipe, of_run
from graftui.settings import Settings
from graftui.text import visible

Value = str | bool
"""What a field holds: a switch holds a bool, all others a text."""

_CODE = re.compile(r"\\(?:[\\nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U000[0-9a-f]{5}|U0010[0-9a-f]{4})")
_PATH = re.compile(r"[a-z_]+\.[a-z_0-9]+")
_SHARED = ("model", "task", "demo", "freeze", "compute", "finetuned")
"""Sections that a linked part takes over from the part it is made from."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One field."""

    path: str
    """As in `--set path=value`; of the run itself: name, tags, fresh."""
    label: str
    setting: Setting
    value: Value
    """Prefilled."""
    part: str = ""
    """Part of the recipe; empty: about the run itself."""

    @property
    def coded(self) -> bool:
        """Whether it is typed as in a program, \\n for a new line: it began with such letters."""
        return isinstance(self.value, str) and visible(self.value) != self.value

    @property
    def shown(self) -> Value:
        """What stands in the box at first."""
        return _coded(self.value) if self.coded and isinstance(self.value, str) else self.value


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

    def changes(self, values: Mapping[str, Value]) -> dict[str, tuple[Value, Value]]:
        """Fields that are not as they were prefilled: path -> (before, now)."""
        return {
            e.path: (e.shown, values[e.path])
            for e in self.entries
            if values.get(e.path, e.shown) != e.shown
        }


def of_recipe(recipe: Recipe) -> Form:
    """The form of a recipe that is to be run. Raises UsageError for one that is wrong itself."""
    about = [_about("name", "Name of the runs", recipe.name)]
    about.append(_about("tags", "Tags, with spaces", ""))
    if recipe.links:
        about.append(_about("fresh", "Fine-tune again, even if that very run exists", False))
    groups = _groups(recipe)
    return Form(f"New run: {recipe.name}", recipe, (Group("run", tuple(about)), *groups))


def of_rerun(run: Run) -> Form:
    """The form of a run that is to be run again."""
    about = (
        _about("name", "Name of the run", run.name),
        _about("tags", "Tags, with spaces", " ".join(run.tags)),
    )
    recipe = of_run(run)
    # Where it waits for another run, that one says what it is cut from.
    hidden = ("finetuned",) if run.parent else ()
    groups = (Group("run", about), *_groups(recipe, hidden))
    return Form(f"Run again: {run.id} {run.name}", recipe, groups, run)


def _about(name: str, help: str, value: Value) -> Entry:
    kind = "yes/no" if isinstance(value, bool) else "text"
    return Entry(name, name, Setting(name, (name,), value, (), kind, "", help), value)


def _groups(recipe: Recipe, hidden: Sequence[str] = ()) -> tuple[Group, ...]:
    configs = recipe.configs()
    shown = [
        (part, setting, schema.flatten(config)[setting.path])
        for part, config in configs.items()
        for setting in schema.settings(recipe.kinds[part])
        if setting.keys[0] not in (_SHARED if part in recipe.links else hidden)
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
        entry = Entry(path, setting.path.rpartition(".")[2], setting, shown_as(value), part)
        groups.setdefault(title, []).append(entry)
    return tuple(Group(title, tuple(entries)) for title, entries in groups.items())


def errors(form: Form, values: Mapping[str, Value]) -> dict[str, str]:
    """What is wrong: path of a field -> a sentence; "" -> what belongs to no field."""
    found: dict[str, str] = {}
    for part, config in form.recipe.configs().items():
        kind, raw = form.recipe.kinds[part], config.model_dump(mode="json")
        own = [e for e in form.entries if _reaches(form, e, part)]
        for entry in own:
            _put(raw, entry.setting.keys, typed(entry, values.get(entry.path, entry.shown)))
        for path, sentence in _wrong(raw, kind, part in form.recipe.links).items():
            found.setdefault(_owner(own, path, sentence), sentence)
    return found


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
    shared = entry.setting.keys[0] in _SHARED
    return bool(entry.part) and shared and form.recipe.links.get(part) == entry.part


def _wrong(raw: dict[str, Any], kind: str, linked: bool) -> dict[str, str]:
    """What each setting is by itself, then the first thing that planning would refuse."""
    found: dict[str, str] = {}
    try:
        config = prompts.in_config(parse(raw))
        trouble = kinds()[kind].check(config, ["finetuned"] if linked else ())
    except ValidationError as error:
        found, trouble = schema.explain(error, kind), None
    except prompts.PromptFileError as error:
        trouble = (str(error), "")
    if "model.name" not in found and (lacking := preflight.check_model(raw["model"]["name"])):
        found["model.name"] = ": ".join(lacking)
    elif trouble:
        sentence = ": ".join(filter(None, trouble))
        found[_first_setting(sentence, kind)] = sentence
    return found


def _first_setting(sentence: str, kind: str) -> str:
    """The path of the setting that is named first; empty if none is."""
    paths = {setting.path for setting in schema.settings(kind)}
    return next((word for word in _PATH.findall(sentence) if word in paths), "")


def _put(raw: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    for key in keys[:-1]:
        raw = raw[key]
    raw[keys[-1]] = value


def planned(form: Form, values: Mapping[str, Value], settings: Settings) -> plans.Planned:
    """What the filled form comes to. Raises UsageError."""
    sets = overrides(form, values)
    about = {e.path: typed(e, values[e.path]) for e in form.entries if not e.part}
    name, tags = about["name"], tuple(about["tags"].split())
    if form.run is None:
        fresh = bool(about.get("fresh"))
        return plans.plan(form.recipe, settings, sets, name, tags, fresh)
    again, _ = plans.rerun(form.run, sets, settings)
    named = [replace(plan, name=name or plan.name, tags=tags) for plan in again.plans]
    return replace(again, plans=named)


def overrides(form: Form, values: Mapping[str, Value]) -> list[str]:
    """The changes as `--set` takes them."""
    changed = form.changes(values)
    return [
        f"{e.path}={_toml(typed(e, values[e.path]))}"
        for e in form.entries
        if e.part and e.path in changed
    ]


def typed(entry: Entry, value: Value) -> Any:
    """What a field's value means; a text that makes no sense stays one: the schema refuses it."""
    kind = entry.setting.type
    if entry.coded and isinstance(value, str):
        value = _decoded(value)
    if isinstance(value, bool) or kind == "text":
        return value if isinstance(value, bool) else value.strip()
    if kind == "list":
        return [_number(word) for word in value.strip(" []").replace(",", " ").split()]
    if kind == "table":
        return _table(value)
    return _number(value.strip())


def _coded(text: str) -> str:
    """What cannot be seen as in a program; `_decoded` gives it back."""
    letters = (c if visible(c) == c != "\\" else c.encode("unicode_escape").decode() for c in text)
    return "".join(letters)


def _decoded(text: str) -> str:
    return _CODE.sub(lambda code: codecs.decode(code[0], "unicode_escape"), text)


def _number(text: str) -> int | float | str:
    for form in (int, float):
        try:
            return form(text)
        except ValueError:
            continue
    return text


def _table(text: str) -> dict[str, str] | str:
    """`0 = terrible, 1 = great`."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not all(equals for _, equals, _ in pairs):
        return text
    return {key.strip(): value.strip() for key, _, value in pairs}


def shown_as(value: Any) -> Value:
    """A setting's value as it stands in a field; `typed` gives it back."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        short = f"{value:g}".replace("e+0", "e").replace("e-0", "e-")
        return short if float(short) == value else repr(value)
    if isinstance(value, dict):
        return ", ".join(f"{key} = {word}" for key, word in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(str(shown_as(one)) for one in value)
    return str(value)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{_toml(key)} = {_toml(word)}" for key, word in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else repr(value)
