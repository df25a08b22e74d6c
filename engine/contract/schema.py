"""The settings of a kind of run as a flat list, and errors in the user's words.

One path a setting (`train.lr`, `graft.sparsity`), the same in recipes, `--set`, the
dashboard's form and docs/. Owns no values: they live in config.py.
"""

import difflib
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from engine.contract.kinds import kinds
from engine.contract.sections import Registered, RunConfig, Section

_LONGEST = 200
"""Characters of a wrong value in a message."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a kind of run."""

    path: str
    """As in `--set path=value`."""
    keys: tuple[str, ...]
    """Where it stands in the config."""
    default: Any
    choices: tuple[str, ...]
    """Allowed values; empty where any of the type will do."""
    type: str
    """text, integer, number, fraction or count, yes/no, list or table."""
    unit: str
    help: str
    items: str = ""
    """Type of the items of a list."""
    hashed: bool = True
    """Whether it decides about the result; else it says where or how that is computed."""


def settings(kind: str) -> list[Setting]:
    """All settings of `kind` (of kinds/), in the order of the config."""
    return list(by_path(kind).values())


def by_path(kind: str) -> Mapping[str, Setting]:
    """The same by their paths."""
    config = kinds()[kind].config
    return _by_path(config, kind, tuple(tuple(mark.names()) for mark in _registered(config)))


@lru_cache
def _by_path(
    config: type[RunConfig], kind: str, names: tuple[tuple[str, ...], ...]
) -> Mapping[str, Setting]:
    """`names`: of all that is registered, which choices come from."""
    return {setting.path: setting for setting in _walk(config, kind, ())}


@lru_cache
def _registered(section: type[Section]) -> tuple[Registered, ...]:
    """Where the choices of settings are names that are registered, of a section and those in it."""
    marks: list[Registered] = []
    for info in section.model_fields.values():
        marks += [mark for mark in info.metadata if isinstance(mark, Registered)]
        inner = info.annotation
        marks += (
            _registered(inner) if isinstance(inner, type) and issubclass(inner, Section) else ()
        )
    return tuple(marks)


def _walk(section: type[Section], kind: str, keys: tuple[str, ...]) -> Iterator[Setting]:
    for name, info in section.model_fields.items():
        annotation = info.annotation
        if name in ("version", "kind"):
            continue
        if isinstance(annotation, type) and issubclass(annotation, Section):
            yield from _walk(annotation, kind, (*keys, name))
            continue
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        yield Setting(
            path=dotted((*keys, name), kind),
            keys=(*keys, name),
            default=info.get_default(call_default_factory=True),
            choices=_choices(info),
            type=_type_name(annotation),
            unit=str(extra.get("unit", "")),
            help=info.description or "",
            items=_items(annotation),
            hashed=extra.get("hashed") is not False,
        )


def _choices(info: FieldInfo) -> tuple[str, ...]:
    if typing.get_origin(info.annotation) is Literal:
        return typing.get_args(info.annotation)
    named = (mark.names() for mark in info.metadata if isinstance(mark, Registered))
    return tuple(name for names in named for name in names)


def _type_name(annotation: Any) -> str:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _type_name(annotation.__origin__)
    if origin in (typing.Union, types.UnionType):
        return "fraction or count"
    if origin in (tuple, dict):
        return "list" if origin is tuple else "table"
    return {int: "integer", float: "number", bool: "yes/no"}.get(annotation, "text")


def _items(annotation: Any) -> str:
    is_list = typing.get_origin(annotation) is tuple
    return _type_name(typing.get_args(annotation)[0]) if is_list else ""


def dotted(keys: tuple[str, ...], kind: str) -> str:
    """The path of a setting: a top-level field is named after its kind (`graft.sparsity`)."""
    return ".".join(keys) if len(keys) > 1 or not kind else f"{kind}.{keys[0]}"


def flatten(config: RunConfig) -> dict[str, Any]:
    """`config` as path -> value, in the order of the config."""
    flat: dict[str, Any] = {}
    for path, keys in _places(type(config), config.kind):
        value: Any = config
        for key in keys:
            value = getattr(value, key)
        flat[path] = value
    return flat


@lru_cache
def _places(section: type[Section], kind: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Path and keys of each setting: a long recipe asks for them once a part."""
    return tuple((setting.path, setting.keys) for setting in _walk(section, kind, ()))


def explain(error: ValidationError, kind: str = "") -> dict[str, str]:
    """What is wrong, setting by setting: path -> a sentence that says what is allowed.

    `kind`: empty where the error says it itself, or is of a question, which has sections alone.
    """
    kind = kind or _kind_of(error)
    known = {s.keys: s for name in ([kind] if kind else kinds()) for s in settings(name)}
    explained: dict[str, str] = {}
    for detail in error.errors():
        keys = tuple(str(part) for part in detail["loc"] if part not in kinds())
        while len(keys) > 1 and keys not in known and detail["type"] != "extra_forbidden":
            keys = keys[:-1]  # inside a union, a list or a table: the setting that holds it
        path = dotted(keys, kind) if keys else kind or "kind"
        sentence = _sentence(path, detail, known.get(keys), kind)
        before = explained.setdefault(path, sentence)
        subject, _, should = sentence.partition(": should ")
        if should and before.startswith(f"{subject}: ") and not before.endswith(should):
            explained[path] = f"{before}, or {should}"  # another branch of a union
    return explained


def _kind_of(error: ValidationError) -> str:
    named = (detail["loc"][0] for detail in error.errors() if detail["loc"])
    return next((str(name) for name in named if name in kinds()), "")


def _sentence(path: str, detail: Any, setting: Setting | None, kind: str) -> str:
    if detail["type"] == "extra_forbidden":
        run = f" of a {kind} run" if kind else ""
        return f"{path} is not a setting{run}.{suggestion(path, kind)}"
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    if detail["type"] == "union_tag_invalid":
        return f"kind = {_shown(detail['ctx']['tag'])}: should be one of {', '.join(kinds())}"
    value = _shown(detail["input"])
    if detail["type"] == "string_pattern_mismatch" and setting:
        return f"{path} = {value}: allowed are {setting.help}"
    if detail["type"] == "tuple_type" and isinstance(detail["input"], str):
        return f"{path} = {value}: should be a list, written [{value[1:-1]}]"
    allowed = setting.choices if setting else ()
    what = f"one of {', '.join(allowed)}" if allowed else _lower(detail["msg"])
    return f"{path} = {value}: {what.replace('input should', 'should')}"


def _shown(value: Any) -> str:
    """A wrong value as it is written, however long it may be."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...{text[-1]}"


def suggestion(path: str, kind: str) -> str:
    """ " Did you mean X?" for a misspelt setting, or the settings of its section."""
    paths = [s.path for name in ([kind] if kind else kinds()) for s in settings(name)]
    near = difflib.get_close_matches(path, paths, n=1, cutoff=0.6)
    if near:
        return f" Did you mean {near[0]}?"
    head = path.split(".")[0]
    same = [p.split(".", 1)[1] for p in paths if p.startswith(head + ".")]
    if same:
        return f" {head} has: {', '.join(same)}."
    return f" Sections: {', '.join(sorted({p.split('.')[0] for p in paths}))}."


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
