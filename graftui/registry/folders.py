"""The run folders of a data folder, as they lie there, and what is wrong with one.

Owns which folders count as runs and how a stored config is understood. Writes nothing.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.contract.layout import RunDir
from engine.contract.migrations import VERSION, is_newer, newer

if TYPE_CHECKING:
    from pydantic import ValidationError

_LONGEST = 300
"""Characters of what is wrong with a config: it may quote a text of any length."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A folder that could not be read as a run."""

    folder: str
    why: str
    hint: str


@dataclass(frozen=True, slots=True)
class StoredConfig:
    """What config.json holds, as far as it is understood."""

    kind: str
    raw: dict[str, Any]
    digest: str
    troubles: tuple[str, ...]
    """What was not understood, one sentence each."""


def names(runs: Path) -> set[str]:
    """Run folders, but not those that are just being made or deleted (`.new-*`, `.gone-*`)."""
    try:
        return {name for name in os.listdir(runs) if not name.startswith(".")}
    except (FileNotFoundError, NotADirectoryError):
        return set()


def nameless(name: str) -> bool:
    """Whether the name is not UTF-8, so that no registry could hold it and nobody type it."""
    return any("\ud800" <= character <= "\udfff" for character in name)


def misnamed(runs: Path, name: str) -> Skipped:
    """A folder whose name is not UTF-8."""
    shown = os.fsencode(name).decode("utf-8", "backslashreplace")
    return Skipped(f"{runs}/{shown}", "its name is not UTF-8", "rename it, in letters and digits")


def is_run(run_dir: RunDir) -> bool:
    """Whether there is a config.json. Raises OSError where that cannot be seen."""
    try:
        mode = os.stat(run_dir.config).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not stat.S_ISREG(mode):  # to open a pipe would wait for ever
        raise OSError("config.json is no file")
    return True


def shut(runs: Path) -> Iterator[Skipped]:
    """Folders that this user may not read, whether the registry knows them or not."""
    for name in sorted(names(runs)):
        path = runs / name
        if path.is_dir() and not os.access(path, os.R_OK | os.X_OK):
            yield unreadable(path)


def unreadable(path: Path) -> Skipped:
    """A folder without the right to read it."""
    hint = "its owner can `chmod -R u+rwX` it; the run is listed again after that"
    return Skipped(str(path), "no permission to read it", hint)


def stored_config(content: bytes) -> StoredConfig:
    """The config in `content`, kept as it is. Raises ValueError where it is none.

    Of a later version, or with keys that nothing here knows, it is a config of its own: no run of
    the settings that are known stands in for it.
    """
    # Imports pydantic, which a look at a registry that lacks nothing can do without.
    from pydantic import ValidationError

    from engine.contract.config import loads
    from engine.contract.identity import config_hash

    try:
        config = loads(content)
    except ValidationError as error:
        troubles = _words(error)
        if error.errors()[0]["type"] == "json_invalid":
            raise ValueError(troubles[0]) from None
        raw, digest = _raw(content), hashlib.sha256(content).hexdigest()[:16]
        if is_newer(raw.get("version")):  # shown as it is: much of it may be unknown here
            told = newer(raw["version"])
            others = (trouble for trouble in troubles if trouble != told)
            return StoredConfig(str(raw.get("kind", "")), raw, digest, (told, *others))
        if not _only_newer(error):
            raise ValueError("; ".join(troubles)) from None
        config = loads(json.dumps(_without(raw, error)))
        return StoredConfig(config.kind, raw, digest, troubles)
    return StoredConfig(config.kind, _raw(content), config_hash(config), ())


def _raw(content: bytes) -> dict[str, Any]:
    """The object in `content`; what is no JSON (NaN), as null: no registry could hold it."""
    return dict(json.loads(content, parse_constant=lambda _: None))


def _words(error: "ValidationError") -> tuple[str, ...]:
    from engine.contract import schema

    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return (first["msg"],)
    return tuple(text[:_LONGEST] for text in schema.explain(error).values())


def _only_newer(error: "ValidationError") -> bool:
    """Whether what is wrong may come of a later version: its number, and keys."""
    return all(
        detail["type"] == "extra_forbidden"
        or (detail["loc"][1:] == ("version",) and detail["type"] == "value_error")
        for detail in error.errors()
    )


def _without(raw: dict[str, Any], error: "ValidationError") -> dict[str, Any]:
    """A copy of `raw` without the keys that `error` names, as if it were of the present version."""
    known: dict[str, Any] = json.loads(json.dumps(raw))
    for detail in error.errors():
        _, *path, last = detail["loc"]  # the first is the kind
        table: Any = known
        for key in path:
            table = table[key]
        if last == "version":
            table[last] = VERSION
        else:
            table.pop(last)
    return known
