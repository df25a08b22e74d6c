"""What runs said of themselves, read back: curves, scores, files. Writes nothing."""

import json
import math
import sqlite3
from collections.abc import Sequence
from itertools import groupby

from graftui.models import Artifact, Score, Series
from graftui.registry.rows import numbers_of


def series(db: sqlite3.Connection, id: str, names: Sequence[str] | None) -> list[Series]:
    """Curves of a run, by name; all of them, or those of `names`."""
    only = "" if names is None else f" AND name IN ({', '.join('?' for _ in names)})"
    rows = db.execute(
        f"SELECT name, step, value FROM metrics WHERE run = ?{only} ORDER BY name, step",
        [id, *(names or ())],
    )
    found = []
    for name, points in groupby(map(tuple, rows), key=lambda row: str(row[0])):
        _, steps, values = zip(*points, strict=True)
        found.append(Series(name, steps, tuple(math.nan if v is None else v for v in values)))
    return found


def series_names(db: sqlite3.Connection, id: str) -> list[str]:
    """Names of the curves of a run, read past their points: from each name to the next one."""
    next_name = "SELECT min(name) FROM metrics WHERE run = :run"
    rows = db.execute(
        f"WITH RECURSIVE names(name) AS ({next_name} UNION ALL"
        f" SELECT ({next_name} AND name > names.name) FROM names WHERE names.name IS NOT NULL)"
        " SELECT name FROM names WHERE name IS NOT NULL",
        {"run": id},
    )
    return [row[0] for row in rows]


def scores(db: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Sequence[Score]]:
    """Scores of each of the runs; an empty list for a run without."""
    found: dict[str, Sequence[Score]] = {}
    for id in ids:
        rows = db.execute(
            "SELECT stage, split, labels, scores, json_extract(config, '$.localizer'), subject"
            " FROM scores JOIN runs ON runs.id = run WHERE run = ? ORDER BY scores.n",
            (id,),
        )
        found[id] = [
            Score(r[0], r[1], json.loads(r[2]), numbers_of(r[3]), r[4] or "learnt", r[5])
            for r in rows
        ]
    return found


def artifacts(db: sqlite3.Connection, id: str) -> list[Artifact]:
    """Files that a run made."""
    rows = db.execute("SELECT path, kind, bytes FROM artifacts WHERE run = ? ORDER BY n", (id,))
    return [Artifact(*row) for row in rows]
