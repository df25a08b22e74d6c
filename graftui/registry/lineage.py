"""Which runs are made from which: what is lost to others when a run is deleted.

Reads rows alone, no run directory. Owns what was a run's input before inputs were noted.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graftui.models import Input, RunStatus


def dependants(db: sqlite3.Connection, ids: Collection[str]) -> list[str]:
    """Ids of the runs outside `ids` that are made from one of them, oldest first: from the run
    itself, or from a file of its folder.
    """
    wanted = set(ids)
    rows = db.execute(
        "SELECT id, source FROM inputs JOIN runs ON runs.id = inputs.run"
        " ORDER BY created_at, runs.n"
    )
    using = (id for id, source in rows if id not in wanted and _run_of(source) in wanted)
    return list(dict.fromkeys(using))


def _run_of(source: str) -> str:
    """The run itself, or what may be the id of one: the folder that a file or checkpoint is in."""
    return Path(source).parent.name if "/" in source else source


@dataclass(frozen=True, slots=True)
class Use:
    """A run that is made from another."""

    id: str
    waits: bool
    """Whether it is not finished: it will read the other's files, or would, once it goes on."""


def uses(db: sqlite3.Connection) -> dict[str, list[Use]]:
    """By id of a run, the runs that are made from it or from a file of its folder, oldest first."""
    rows = db.execute(
        "SELECT runs.id, source, status FROM inputs JOIN runs ON runs.id = inputs.run"
        " ORDER BY created_at, runs.n"
    )
    used: dict[str, list[Use]] = {}
    for id, source, status in rows:
        used.setdefault(_run_of(source), []).append(Use(id, status != RunStatus.finished))
    return used


def needed(used: Mapping[str, Sequence[Use]], id: str) -> bool:
    """Whether a run that is not finished is made from it."""
    return any(use.waits for use in used.get(id, ()))


# The settings that held a path into another run's directory, and what that was to the run.
_THEN = (("finetuned", "finetuned.path"), ("base_patch", "base_patch"), ("model", "model.name"))


def inputs_of_then(config: Mapping[str, Any], parent: str | None) -> tuple[Input, ...]:
    """The inputs of a run from before they were noted. A migration goes by it: it never changes."""
    linked = (Input("finetuned", parent),) if parent else ()
    paths = [(role, _at(config, setting)) for role, setting in _THEN]
    return linked + tuple(
        Input(role, path) for role, path in paths
        if is_path(path) and not (linked and role == "finetuned")
    )  # fmt: skip


def _at(config: Mapping[str, Any], setting: str) -> str:
    value: Any = config
    for key in setting.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def is_path(text: str) -> bool:
    """Whether it is no name of a model on the hub, which has one slash at most."""
    return text.startswith(("/", "./", "../", "~/")) or text.count("/") > 1
