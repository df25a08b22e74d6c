"""What is wrong in a filled form: each error at the field that it belongs to.

Owns which field that is. A value of an axis is checked as if it were the field's only one.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from engine.contract import preflight, prompts, schema
from engine.contract.config import parse
from engine.contract.kinds import Trouble, kinds
from engine.contract.sections import RunConfig
from graftui.planning.overrides import Source
from graftui.tui.form import Entry, Form, Value, taken_by, typed
from graftui.tui.new import axes


@dataclass(frozen=True, slots=True)
class _Given:
    """Which settings somebody gave, by path."""

    recipe: Sequence[str]
    """In the recipe."""
    edited: Sequence[str]
    """In the form."""
    grid: bool
    """Whether a grid is planned: there some settings have no part beside others."""

    def trouble(self, config: RunConfig) -> Trouble:
        """What is given in vain."""
        idle = {schema.dotted((name,), config.kind) for name in config.idle()} if self.grid else ()
        edited = [path for path in self.edited if path not in idle]
        return kinds()[config.kind].check_given(config, self.recipe, edited)


_PATH = re.compile(r"[a-z_]+\.[a-z_0-9]+")


def errors(form: Form, filled: Mapping[str, Value]) -> dict[str, str]:
    """What is wrong: path of a field -> a sentence; "" -> what belongs to no field."""
    grid = axes.read(form, filled)
    by_path = _errors(form, grid.filled, bool(grid.axes)) | grid.problems
    for path, items in grid.axes.items():
        for item in items[1:]:
            if path in by_path:
                break
            wrong = _errors(form, {**grid.filled, path: item}, grid=True)
            if more := [wrong[owner] for owner in wrong if owner not in by_path]:
                by_path[path] = more[0]
    return by_path


def _errors(form: Form, filled: Mapping[str, Value], grid: bool) -> dict[str, str]:
    """The same of single values; on a `grid` some settings have no part beside others."""
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
        linked, given = _linked(form, part), _Given(recipe, edited, grid)
        for path, sentence in _wrong(raw, kind, linked, given).items():
            by_path.setdefault(_owner(own, path, sentence), sentence)
    return by_path


def _linked(form: Form, part: str) -> Collection[str]:
    """The roles that other runs fill: of a run again, those that it was made from, which are made
    again where they are gone.
    """
    if form.run is None:
        return form.recipe.inputs.get(part, {})
    return {given.role for given in form.run.inputs if given.is_run}


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
    shared = entry.setting.keys[0] in taken_by(form.recipe, part)
    return shared and any(entry.part in parts[:1] for parts in sources)


def _wrong(
    raw: dict[str, Any],
    kind: str,
    linked: Collection[str],
    given: _Given,
) -> dict[str, str]:
    """What each setting is by itself, then the first thing that planning would refuse."""
    wrong: dict[str, str] = {}
    try:
        config = prompts.in_config(parse(raw))
        entry = kinds()[kind]
        trouble = entry.check(config, linked) or given.trouble(config)
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
