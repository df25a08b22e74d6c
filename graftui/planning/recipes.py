"""Recipes: TOML that holds one or more configs by name, and the links between them.

    title = "..."
    [finetune]                    # the name of a part is its kind, unless `kind` says otherwise
    train.lr = 1e-3
    [graft]
    of = "finetune"               # waits for it, and takes over of it what its kind does, such as
    sparsity = 1e-4               # its model; see inputs.py
    [sweep.axes]                  # what `graftui sweep` varies; see sweeps/axes.py
    train.lr = [1e-3, 1e-2]
    [evidence]                    # the control runs of a graft's card; see evidence/asked.py
    regions = 3

Owns what a recipe is. Where recipes lie is in library.py, what running one comes to in plans.py.
"""

import copy
import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import tomli_w
from pydantic import ValidationError

from engine.contract import config as configs
from engine.contract import prompts, schema, toml
from engine.contract.kinds import kinds
from engine.contract.once import once
from engine.contract.roles import role_of
from engine.contract.sections import RunConfig
from graftui.errors import UsageError, sentence
from graftui.planning.inputs import Inputs, inherit, read, written
from graftui.planning.overrides import Override, Raw, Source, parse, put

Config = TypeVar("Config", bound=RunConfig)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe as written: nothing is checked but its TOML and its links."""

    name: str
    title: str
    parts: dict[str, Raw]
    """Name -> config, without `kind` and `of`."""
    kinds: dict[str, str]
    inputs: dict[str, Inputs]
    """Part -> what it is made from."""
    source: Source = Source.recipe
    """Whether somebody wrote it, or a run's stored configs make it up."""
    sweep: Raw = field(default_factory=dict)
    """Its [sweep], as written: which settings vary (sweeps/axes.py); `graftui run` leaves it be."""
    evidence: Raw | None = None
    """Its [evidence], as written: what the card of its graft asks for (evidence/asked.py). None:
    it has none."""

    @property
    def results(self) -> tuple[str, ...]:
        """The parts that no other one is made from."""
        return tuple(part for part in self.parts if part not in self.needed())

    def needed(self) -> dict[str, set[str]]:
        """Parts that others are made from, with the files of theirs that these read."""
        needed: dict[str, set[str]] = {}
        for part, inputs in self.inputs.items():
            for role, sources in inputs.items():
                for source in sources:
                    needed.setdefault(source, set()).add(role_of(self.kinds[part], role).file)
        return needed

    def configs(self, overrides: Sequence[Override] = ()) -> dict[str, RunConfig]:
        """The configs with `overrides` put in. Raises UsageError."""
        return self.asked(overrides)[0]

    def asked(
        self, overrides: Sequence[Override] = ()
    ) -> tuple[dict[str, RunConfig], dict[str, dict[str, Override]]]:
        """The same, and which settings somebody gave a value, here or in `overrides`: by part and
        path.
        """
        parts = copy.deepcopy(self.parts)
        given = put(parts, self.kinds, self.source, overrides)
        inherit(parts, self.kinds, self.inputs)
        configs = {name: _parse(raw, self.kinds[name], self.name) for name, raw in parts.items()}
        return configs, given


def config_of(type: type[Config], raw: Raw, sets: Sequence[str]) -> Config:
    """A config for a question, which is no run's: `raw` with `sets`, as typed, put in.

    Raises UsageError.
    """
    kind = type.model_fields["kind"].default
    nameless = Recipe("", "", {kind: raw}, {kind: kind}, {})
    config = nameless.configs(parse(sets, nameless.kinds))[kind]
    assert isinstance(config, type)  # of its kind
    return config


def loads(text: str, name: str) -> Recipe:
    """The recipe in a TOML text. Raises UsageError for bad TOML, kinds or links."""
    try:
        raw = toml.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"Recipe {name} is not TOML: {error}.", "Correct that line.") from None
    title = str(raw.pop("title", ""))
    parts: dict[str, Raw] = {}
    kinds: dict[str, str] = {}
    inputs: dict[str, Inputs] = {}
    sweep = raw.pop("sweep") if _is_table("sweep", raw) else {}
    evidence = raw.pop("evidence") if _is_table("evidence", raw) else None
    for part, body in raw.items():
        if not isinstance(body, dict):
            raise UsageError(
                f"Recipe {name}: {part} = {body!r} stands outside of a part.",
                "A recipe has a title and parts such as [finetune] and [graft].",
            )
        kinds[part] = _kind(body.pop("kind", part), part, name)
        if linked := read(body, part, kinds, name):
            inputs[part] = linked
        parts[part] = body
    if not parts:
        raise UsageError(f"Recipe {name} holds nothing to run.", "Add a part, such as [finetune].")
    return Recipe(name, title, parts, kinds, inputs, sweep=sweep, evidence=evidence)


def _is_table(name: str, raw: Raw) -> bool:
    """Whether this is no part: one may have that name, if it says its kind."""
    table = raw.get(name)
    return isinstance(table, dict) and "kind" not in table


def _kind(kind: Any, part: str, name: str) -> str:
    if not isinstance(kind, str) or kind not in kinds():
        raise UsageError(
            f"Recipe {name}: [{part}] is of no known kind ({kind!r}).",
            f"Name the part {' or '.join(kinds())}, or give it `kind`.",
        )
    return str(kind)


def _parse(raw: Raw, kind: str, name: str) -> RunConfig:
    """The config, with what its prompt files hold written into it. Raises UsageError."""
    asked = ("config", kind, name, json.dumps(raw, default=str, sort_keys=True))
    return once(asked, lambda: _parsed(raw, kind, name))


def _parsed(raw: Raw, kind: str, name: str) -> RunConfig:
    where = f"Recipe {name}: " if name else ""
    try:
        return prompts.in_config(configs.parse({**raw, "kind": kind}))
    except ValidationError as error:
        raise UsageError(
            where + " ".join(map(sentence, schema.explain(error, kind).values())),
            "`graftui recipes NAME --settings` lists all settings.",
        ) from None
    except prompts.PromptFileError as error:
        raise UsageError(f"{where}{error}", "See `graftui recipes NAME --settings`.") from None


def dumps(recipe: Recipe) -> str:
    """A recipe as TOML; `loads` gives it back."""
    body: Raw = {"title": recipe.title}
    for part, raw in recipe.parts.items():
        kind = recipe.kinds[part]
        body[part] = {"kind": kind, **written(recipe.inputs.get(part, {}), kind), **raw}
    if recipe.sweep:
        body["sweep"] = recipe.sweep
    if recipe.evidence is not None:
        body["evidence"] = recipe.evidence
    return tomli_w.dumps(body)
