"""What finished runs took: time and disk, to estimate by what others will. Writes nothing."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from graftui.models import RunStatus

_NEWEST = 2000
"""Runs of a kind that are looked at: what was long ago was another machine."""


@dataclass(frozen=True, slots=True)
class Past:
    """A run that finished."""

    kind: str
    config: dict[str, Any]
    seconds: float
    bytes: int
    """Of the files that it made."""


def finished(db: sqlite3.Connection, kind: str) -> list[Past]:
    """The newest finished runs of a kind, with what they took."""
    rows = db.execute(
        "SELECT config, ended_at - started_at,"
        " (SELECT ifnull(sum(bytes), 0) FROM artifacts WHERE run = runs.id)"
        " FROM runs WHERE kind = ? AND status = ? AND ended_at > started_at"
        " ORDER BY created_at DESC LIMIT ?",
        (kind, RunStatus.finished, _NEWEST),
    )
    return [Past(kind, json.loads(config), seconds, size) for config, seconds, size in rows]
