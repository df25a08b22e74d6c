"""Overrides: typed values for settings by path, each from the one place where it was read.

    --set train.lr=1e-3      in each part that has the setting
    --set small.task.k=8     in the part [small] alone
    --set task.label_words.0=bad

Owns `path=value`, parsed here once, and which settings of a recipe's parts a path means. How a
value is typed is in values.py. Refuses unknown settings, and one that is given twice.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from engine.contract import schema
from engine.contract.kinds import kinds as known_kinds
from engine.contract.schema import Setting
from graftui.errors import UsageError
from graftui.planning import values

Raw = dict[str, Any]
_LONGEST = 200
"""Letters of a wrong value in a message."""
_HINT = "`graftui recipes NAME --settings` lists all of them."


class Source(StrEnum):
    """Where a setting got its value."""

    command_line = "--set"
    form = "form"
    recipe = "recipe"
    rerun = "rerun"
    sweep = "sweep"


@dataclass(frozen=True, slots=True)
class Override:
    """A setting's value."""

    path: str
    """`train.lr`; `small.train.lr` for the part [small] alone; `task.label_words.0`."""
    value: Any
    """Of the setting's type, as TOML or JSON have it."""
    source: Source


@dataclass(frozen=True, slots=True)
class _Hit:
    """A setting of a part that an override gives a value."""

    part: str
    setting: Setting
    override: Override


def parse(texts: Sequence[str], kinds: Mapping[str, str] | None = None) -> tuple[Override, ...]:
    """The overrides in texts such as "train.lr=1e-3", for parts of these names and kinds; by
    default, for parts that are named as their kinds are. Raises UsageError.
    """
    kinds = kinds or {kind: kind for kind in known_kinds()}
    typed: dict[str, str] = {}
    for text in texts:
        path, equals, value = text.partition("=")
        path = path.strip()
        if not equals or not path:
            raise UsageError(
                f"--set {_brief(text)!r}: give it as setting=value.", "Example: --set train.lr=1e-3"
            )
        if path in typed:
            both = f"{_brief(typed[path])!r} and {_brief(value)!r}"
            raise UsageError(f"--set {path} is given twice: {both}.", "Give it once.")
        typed[path] = value
    return tuple(_parsed(path, value, kinds) for path, value in typed.items())


def setting_of(path: str, kinds: Mapping[str, str], where: str) -> Setting:
    """The setting that a path means in the first part that has it; `where` it was given, such as
    "--set". Raises UsageError.
    """
    setting = next((setting for _, setting in reached(path, kinds)), None)
    if setting is None:
        raise _unknown(path, where, kinds)
    return setting


def _parsed(path: str, text: str, kinds: Mapping[str, str]) -> Override:
    setting = setting_of(path, kinds, Source.command_line)
    try:
        return Override(path, values.read(setting, text), Source.command_line)
    except ValueError as error:
        raise UsageError(f"--set {path}={_brief(text)}: {error}.", _HINT) from None


def put(
    parts: Mapping[str, Raw],
    kinds: Mapping[str, str],
    source: Source,
    overrides: Sequence[Override],
) -> dict[str, dict[str, Override]]:
    """Write `overrides` into the raw configs of these parts.

    Gives, by part, the path of each setting to which somebody gave a value -> that value; `source`:
    of the parts themselves. What a linked part takes over is given in the part it takes it from.
    Raises UsageError for an override that no part has a place for.
    """
    told = _told(parts, kinds, source)
    lost: list[Override] = []
    for hit in _hits(kinds, overrides, lost):
        _put(parts[hit.part], hit.setting.keys, hit.override.value)
        told[hit.part][hit.setting.path] = hit.override
    if lost:
        raise _unknown(lost[0].path, lost[0].source, kinds)
    return told


def _told(
    parts: Mapping[str, Raw], kinds: Mapping[str, str], source: Source
) -> dict[str, dict[str, Override]]:
    told: dict[str, dict[str, Override]] = {}
    known = {kind: schema.settings(kind) for kind in set(kinds.values())}
    for part, raw in parts.items():
        stored = Source.rerun if "version" in raw else None  # a saved recipe is a stored config
        begun = (setting for setting in known[kinds[part]] if setting.keys[0] in raw)
        settings = ((setting, value_in(raw, setting.keys)) for setting in begun)
        told[part] = {
            setting.path: Override(setting.path, value, stored or source)
            for setting, value in settings
            if value is not None  # which TOML does not have
        }
    return told


def _hits(
    kinds: Mapping[str, str], overrides: Sequence[Override], lost: list[Override]
) -> list[_Hit]:
    """In the order in which they count: what is meant for one part after what is meant for all
    of them, an entry of a table after the table, in whatever order they were given. What hits
    nothing goes to `lost`.
    """
    hits: list[_Hit] = []
    for override in overrides:
        own = [_Hit(part, at, override) for part, at in reached(override.path, kinds)]
        lost += [] if own else [override]
        hits += own
    return sorted(
        hits, key=lambda hit: (hit.override.path != hit.setting.path, len(hit.setting.keys))
    )


def reached(path: str, kinds: Mapping[str, str]) -> Iterator[tuple[str, Setting]]:
    """The parts that a path means, each with the setting; an entry of a table is a text."""
    known = {kind: schema.by_path(kind) for kind in set(kinds.values())}
    for part, kind in kinds.items():
        own = path.removeprefix(f"{part}.")
        # A part may be named otherwise than its kind: small.sparsity is its graft.sparsity.
        for candidate in (path,) if own == path else (path, own, f"{kind}.{own}"):
            if setting := known[kind].get(candidate) or _entry(candidate, known[kind]):
                yield part, setting
                break


def _entry(path: str, known: Mapping[str, Setting]) -> Setting | None:
    """An entry of a table, `task.label_words.0`; labels may have dots."""
    for setting in known.values():
        if setting.type == "table" and path.startswith(f"{setting.path}."):
            key = path.removeprefix(f"{setting.path}.")
            return replace(setting, path=path, keys=(*setting.keys, key), type="text")
    return None


def _unknown(path: str, where: str, kinds: Mapping[str, str]) -> UsageError:
    kind = kinds.get(path.split(".")[0]) or next(iter(kinds.values()))
    guess = schema.suggestion(path, kind)
    return UsageError(f"{where} {_brief(path)}: there is no such setting.{guess}", _HINT)


def _put(raw: Raw, keys: tuple[str, ...], value: Any) -> None:
    for depth, key in enumerate(keys[:-1]):
        raw = raw.setdefault(key, {})
        if not isinstance(raw, dict):
            where = ".".join(keys[: depth + 1])
            raise UsageError(
                f"{where} = {raw!r} is no table, so {'.'.join(keys)} has no place in it.",
                f"Write it as a table: {where}.{keys[depth + 1]} = ...",
            )
    raw[keys[-1]] = copy.deepcopy(value)  # an entry may be put into a table


def value_in(raw: Any, keys: tuple[str, ...]) -> Any:
    """The value that stands there in a raw config; None: none does."""
    for key in keys:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw


def _brief(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
