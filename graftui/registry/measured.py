"""What runs said of themselves, read back: curves, scores, files. Writes nothing."""

import json
import math
import sqlite3
from collections.abc import Sequence

from graftui.measured import Artifact, CurveExtent, CurveKey, Score, Series
from graftui.registry.rows import decoded, label_key, numbers_of

_SOME = 4
"""Steps that a point of a small curve is the mean of: one alone is noise."""


def series(db: sqlite3.Connection, id: str, keys: Sequence[CurveKey] | None) -> list[Series]:
    """Curves of a run, by name and labels; all of them, or those of `keys`."""
    wanted = None if keys is None else {(key.name, label_key(dict(key.labels))) for key in keys}
    curves = []
    for name, labels in _curves(db, id):
        if wanted is None or (name, labels) in wanted:
            points = db.execute(
                "SELECT step, value FROM metrics WHERE run = ? AND name = ? AND labels = ?"
                " ORDER BY step",
                (id, name, labels),
            )
            rows = [(step, math.nan if value is None else value) for step, value in points]
            if rows:  # not forgotten meanwhile
                curves.append(Series(_key(name, labels), *zip(*rows, strict=True)))
    return curves


def curves(db: sqlite3.Connection, id: str) -> list[CurveKey]:
    """Which curves a run has."""
    return [_key(name, labels) for name, labels in _curves(db, id)]


def extents(db: sqlite3.Connection, id: str) -> list[CurveExtent]:
    """How far each curve of a run goes, and which are the same all along: of one that changes, no
    more is read than up to where it does.
    """
    some = "FROM metrics WHERE run = :run AND name = :name AND labels = :labels"
    first = f"(SELECT value {some} ORDER BY step LIMIT 1)"
    seen: list[CurveExtent] = []
    for name, labels in _curves(db, id):
        row = db.execute(
            f"SELECT (SELECT min(step) {some}), (SELECT max(step) {some}), {first},"
            f" EXISTS (SELECT 1 {some} AND value IS NOT {first})",
            {"run": id, "name": name, "labels": labels},
        ).fetchone()
        if row[0] is not None:  # not forgotten meanwhile
            alike = row[0] < row[1] and not row[3]
            seen.append(CurveExtent(_key(name, labels), row[0], row[1], row[2] if alike else None))
    return seen


def loss(db: sqlite3.Connection, id: str, points: int) -> list[float]:
    """The loss that a run learns by, in so many points at most, each a mean of some steps: read
    past the rest of the curve, so that it may be looked at every second.
    """
    curves = [c for c in _curves(db, id) if c[0].endswith("/loss") and not c[0].startswith("dev/")]
    if not curves:
        return []
    where, values = "run = ? AND name = ? AND labels = ?", (id, *curves[-1])
    ends = f"SELECT min(step), max(step) FROM metrics WHERE {where}"
    first, last = db.execute(ends, values).fetchone()
    if first is None:  # forgotten meanwhile
        return []
    some = f"SELECT value FROM metrics WHERE {where} AND step >= ? ORDER BY step LIMIT {_SOME}"
    steps = dict.fromkeys(first + (last - first) * n // points for n in range(points))
    means = [db.execute(f"SELECT avg(value) FROM ({some})", (*values, n)) for n in steps]
    return [mean for (mean,) in (row.fetchone() for row in means) if mean is not None]


def _key(name: str, labels: str) -> CurveKey:
    return CurveKey(name, tuple(sorted(json.loads(labels).items())))


def _curves(db: sqlite3.Connection, id: str) -> list[tuple[str, str]]:
    """Name and labels, as they are stored."""
    return [
        (name, labels)
        for name in _different(db, "name", "run = ?", id)
        for labels in _different(db, "labels", "run = ? AND name = ?", id, name)
    ]


def _different(db: sqlite3.Connection, column: str, where: str, *values: str) -> list[str]:
    """The values of a column in order, read past the points: from each value to the next one."""
    least = f"SELECT min({column}) FROM metrics WHERE {where}"
    rows = db.execute(
        f"WITH RECURSIVE found(value) AS ({least} UNION ALL"
        f" SELECT ({least} AND {column} > found.value) FROM found WHERE found.value IS NOT NULL)"
        " SELECT value FROM found WHERE value IS NOT NULL",
        [*values, *values],
    )
    return [row[0] for row in rows]


def scores(db: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Sequence[Score]]:
    """Scores of each of the runs; an empty list for a run without."""
    by_run: dict[str, list[Score]] = {id: [] for id in ids}
    rows = db.execute(
        "SELECT run, stage, split, labels, scores, json_extract(config, '$.localizer'), subject"
        " FROM json_each(?) AS asked CROSS JOIN scores ON run = asked.value"
        " JOIN runs ON runs.id = run ORDER BY asked.key, scores.n",
        (json.dumps(list(by_run)),),
    )
    for id, stage, split, labels, values, localizer, subject in rows:
        labels, values = decoded(labels), numbers_of(values)
        by_run[id].append(Score(stage, split, labels, values, localizer or "learnt", subject))
    return {**by_run}


def artifacts(db: sqlite3.Connection, id: str) -> list[Artifact]:
    """Files that a run made."""
    rows = db.execute("SELECT path, kind, bytes FROM artifacts WHERE run = ? ORDER BY n", (id,))
    return [Artifact(*row) for row in rows]
