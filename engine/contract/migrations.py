"""Configs of older versions, brought to the present one when they are read.

Owns the number of the version, and what changed from each to the next beside new fields (those
say themselves since when they are there). A new version: raise VERSION, and add to the end of
MIGRATIONS. Standard library only, for those who look at stored configs without checking them.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeGuard

Raw = dict[str, Any]

FIRST = 1
"""The version of configs without one. Fields were added to it too, so some lack those: for such
a field `since` is 2."""

VERSION = 2
"""2: `version` itself. Settings that are idle, by what others say, are no part of the hash."""


@dataclass(frozen=True, slots=True)
class Migration:
    """What a version changed in the configs of the one before."""

    version: int
    change: Callable[[Raw], None]
    """Changes a config in its place."""
    gone: tuple[str, ...] = ()
    """Settings that it took away, as `--set` had them."""


def _drop(*paths: str) -> Callable[[Raw], None]:
    def change(raw: Raw) -> None:
        for path in paths:
            _table(raw, path).pop(_name(path), None)

    return change


def _table(raw: Raw, path: str) -> Raw:
    """Where a setting stands; empty where its section is not there."""
    section = path.partition(".")[0]
    table = raw if section == raw.get("kind") else raw.get(section)
    return table if isinstance(table, dict) else {}


def _name(path: str) -> str:
    return path.partition(".")[2]


_IN_EXAMPLES = ("graft.micro_batch", "compute.eval_batch")
"""Batches are sized in tokens; how large they are decides nothing about a result."""

MIGRATIONS = (Migration(2, _drop(*_IN_EXAMPLES), gone=_IN_EXAMPLES),)

GONE = tuple(path for migration in MIGRATIONS for path in migration.gone)
"""Settings that only older configs have."""


def written_by(raw: Raw) -> int:
    """The version of a stored config; the present one where it is of none that is known here."""
    version = raw.get("version", FIRST)
    known = type(version) is int and FIRST <= version < VERSION
    return version if known else VERSION


def is_newer(version: object) -> TypeGuard[int]:
    """Whether what a config says as its version is later than all that are known here."""
    return type(version) is int and version > VERSION


def newer(version: int) -> str:
    """What is said of such a config."""
    return (
        f"version = {version}: written by a newer graftui; this one knows configs up to "
        f"version {VERSION}"
    )


def migrated(raw: Raw) -> Raw:
    """A copy of a stored config, with what is in it as the present version has it."""
    now, version = copy.deepcopy(raw), written_by(raw)
    for migration in MIGRATIONS:
        if migration.version > version:
            migration.change(now)
    return {**now, "version": VERSION} if version < VERSION else now


def has_gone(raw: Raw) -> bool:
    """Whether a config holds settings that only older ones have."""
    return any(_name(path) in _table(raw, path) for path in GONE)
