"""Which runs are made from which: what is lost to others when a run is deleted.

Owns the ways in which a config names another run's files. Reads rows alone, no run directory.
"""

import sqlite3
from collections.abc import Collection
from pathlib import Path

# The settings that may hold a path into another run's directory.
_SOURCES = ("$.finetuned.path", "$.base_patch", "$.model.name")


def dependants(db: sqlite3.Connection, ids: Collection[str]) -> list[str]:
    """Ids of the runs outside `ids` that use the checkpoint or the skill of one of them, oldest
    first.
    """
    paths = ", ".join(f"json_extract(config, '{source}')" for source in _SOURCES)
    rows = db.execute(f"SELECT id, parent, {paths} FROM runs ORDER BY created_at, n")
    wanted = set(ids)
    return [
        id for id, parent, *used in rows
        if id not in wanted and (parent in wanted or not wanted.isdisjoint(_named(used)))
    ]  # fmt: skip


def _named(paths: Collection[object]) -> set[str]:
    """What may be the id of a run in these: the folder that a checkpoint or a skill file is in."""
    return {Path(path).parent.name for path in paths if isinstance(path, str)}
