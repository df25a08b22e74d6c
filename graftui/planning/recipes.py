"""Recipes: TOML that holds one or more configs by name, and the links between them.

    title = "..."
    [finetune]                    # the name of a part is its kind, unless `kind` says otherwise
    train.lr = 1e-3
    [graft]
    of = "finetune"               # waits for it, cuts its graft from it, takes over its
    sparsity = 1e-4               # model, task, freeze and compute where it gives none

Owns what a recipe is. Where recipes lie is in library.py, what running one comes to in plans.py.
"""

import copy
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tomli_w
from pydantic import ValidationError

from engine.contract import config as configs
from engine.contract import prompts, schema, toml
from engine.contract.kinds import kinds
from engine.contract.sections import RunConfig
from graftui.errors import UsageError, sentence
from graftui.models import Run
from graftui.planning.overrides import Override, Raw, Source, given, put

_INHERITED = ("model", "task", "demo", "freeze", "compute")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe as written: nothing is checked but its TOML and its links."""

    name: str
    title: str
    parts: dict[str, Raw]
    """Name -> config, without `kind` and `of`."""
    kinds: dict[str, str]
    links: dict[str, str]
    """Part -> the part it is made from."""
    source: Source = Source.recipe
    """Whether somebody wrote it, or a run's stored configs make it up."""

    def configs(self, overrides: Sequence[Override] = ()) -> dict[str, RunConfig]:
        """The configs with `overrides` put in. Raises UsageError."""
        parts = copy.deepcopy(self.parts)
        put(parts, self.kinds, overrides)
        for name, source in self.links.items():
            for section in _INHERITED:
                if section in parts[source]:
                    parts[name][section] = _merged(
                        parts[source][section], parts[name].get(section, {})
                    )
        return {name: _parse(raw, self.kinds[name], self.name) for name, raw in parts.items()}

    def given(self, overrides: Sequence[Override] = ()) -> dict[str, dict[str, Override]]:
        """Which settings somebody gave a value, by part and path: here, or in `overrides`."""
        return given(self.parts, self.kinds, self.source, overrides)


def loads(text: str, name: str) -> Recipe:
    """The recipe in a TOML text. Raises UsageError for bad TOML, kinds or links."""
    try:
        raw = toml.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"Recipe {name} is not TOML: {error}.", "Correct that line.") from None
    title = str(raw.pop("title", ""))
    parts, kinds, links = {}, {}, {}
    for part, body in raw.items():
        if not isinstance(body, dict):
            raise UsageError(
                f"Recipe {name}: {part} = {body!r} stands outside of a part.",
                "A recipe has a title and parts such as [finetune] and [graft].",
            )
        kinds[part] = _kind(body.pop("kind", part), part, name)
        if "of" in body:
            links[part] = _link(body.pop("of"), part, kinds, name)
        parts[part] = body
    if not parts:
        raise UsageError(f"Recipe {name} holds nothing to run.", "Add a part, such as [finetune].")
    return Recipe(name, title, parts, kinds, links)


def _kind(kind: Any, part: str, name: str) -> str:
    if not isinstance(kind, str) or kind not in kinds():
        raise UsageError(
            f"Recipe {name}: [{part}] is of no known kind ({kind!r}).",
            f"Name the part {' or '.join(kinds())}, or give it `kind`.",
        )
    return str(kind)


def _link(source: Any, part: str, kinds: dict[str, str], name: str) -> str:
    if not isinstance(source, str) or kinds.get(source) != "finetune" or kinds[part] != "graft":
        raise UsageError(
            f"Recipe {name}: [{part}] is of {source!r}, which is no fine-tuning part before it.",
            'A graft is `of` a [finetune] part that stands above it: of = "finetune".',
        )
    return str(source)


def _merged(low: Any, high: Any) -> Any:
    if not (isinstance(low, dict) and isinstance(high, dict)):
        return high
    return {key: _merged(low.get(key, {}), high[key]) if key in high else low[key]
            for key in {**low, **high}}  # fmt: skip


def _parse(raw: Raw, kind: str, name: str) -> RunConfig:
    """The config, with what its prompt files hold written into it. Raises UsageError."""
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


def of_run(run: Run, origin: Raw | None = None) -> Recipe:
    """The saved configuration of a run as a recipe; a graft with that of its fine-tuning, if
    given.
    """
    title = f"as run {run.id}"
    body = {**configs.current(run.config)}
    body.pop("kind")
    if origin is None:
        parts, kinds = {run.kind: body}, {run.kind: run.kind}
        return Recipe(run.name, title, parts, kinds, {}, Source.rerun)
    body.pop("finetuned")
    source = {**configs.current(origin)}
    kind = source.pop("kind")
    same = [section for section in _INHERITED if source.get(section) == body.get(section)]
    for section in same:
        body.pop(section)
    parts, kinds = {kind: source, run.kind: body}, {kind: kind, run.kind: run.kind}
    return Recipe(run.name, title, parts, kinds, {run.kind: kind}, Source.rerun)


def dumps(recipe: Recipe) -> str:
    """A recipe as TOML; `loads` gives it back."""
    body: Raw = {"title": recipe.title}
    for part, raw in recipe.parts.items():
        link = {"of": recipe.links[part]} if part in recipe.links else {}
        body[part] = {"kind": recipe.kinds[part], **link, **raw}
    return tomli_w.dumps(body)
