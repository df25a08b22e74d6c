"""What the runs that are there say: the values of a key, each with how many runs have it."""

import sqlite3
from dataclasses import dataclass, field

from graftui.registry.query.expressions import prepare
from graftui.registry.query.keys import Key

MOST = 500
"""Values of a key that are read at once."""


def values(db: sqlite3.Connection, key: Key, part: str = "") -> dict[str, int]:
    """Values of `key` that have `part` in them, whatever its case -> the number of runs of each,
    the most frequent first.
    """
    prepare(db)
    if key.many:
        read = f"SELECT DISTINCT runs.n AS n, value AS v FROM runs, json_each({key.value.sql})"
    else:
        read = f"SELECT n, {key.value.sql} AS v FROM runs"
    rows = db.execute(
        f"SELECT v, count(*) FROM ({read}) WHERE v IS NOT NULL AND v != ''"
        " AND instr(lower(v), lower(?)) > 0 GROUP BY v ORDER BY 2 DESC, 1 LIMIT ?",
        [*key.value.params, part, MOST],
    )
    return {str(row[0]): int(row[1]) for row in rows}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The values of keys, each read once."""

    db: sqlite3.Connection
    kept: dict[str, dict[str, int]] = field(default_factory=dict)
    """What was read, by the name of the key."""

    def values(self, key: Key, part: str) -> dict[str, int]:
        """As the function of that name; of a key with many values only `part` is looked for."""
        known = self.kept.get(key.name)
        if known is None:
            known = self.kept[key.name] = values(self.db, key)
        if len(known) == MOST:
            return values(self.db, key, part)
        return {value: runs for value, runs in known.items() if part.lower() in value.lower()}
