"""Runs by identity: those of many config hashes, in one question. Writes nothing."""

import json
import sqlite3
from collections.abc import Collection

from graftui.models import Run
from graftui.registry.rows import RUN, run_of


def alike(db: sqlite3.Connection, hashes: Collection[str], folder: str) -> dict[str, list[Run]]:
    """By config hash, the runs of a data folder that have it, newest first."""
    rows = db.execute(
        f"{RUN} WHERE config_hash IN (SELECT value FROM json_each(?)) AND folder IN (?, '')"
        " ORDER BY created_at DESC, n DESC",
        (json.dumps(list(hashes)), folder),
    )
    runs: dict[str, list[Run]] = {}
    for run in map(run_of, rows):
        runs.setdefault(run.config_hash, []).append(run)
    return runs
