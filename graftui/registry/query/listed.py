"""What a table of runs needs beside the runs themselves: values of keys, and whether it is old."""

import sqlite3
from collections.abc import Sequence
from functools import partial

from graftui.registry.query import sql
from graftui.registry.query.expressions import Value
from graftui.registry.query.keys import find
from graftui.registry.query.tree import EVERYTHING, Query


def values(
    db: sqlite3.Connection, names: Sequence[str], where: Query = EVERYTHING, sort: str = "-created"
) -> list[tuple[Value, ...]]:
    """Of each run that meets `where` its id, then a value a key: shares as fractions.

    Raises UsageError for an unknown key.
    """
    condition, wanted = sql.where(db, where)
    order, by = sql.order(db, sort)
    asked = [find(name, partial(sql.figures, db)).order for name in names]
    told = ", ".join(["id", *(each.sql for each in asked)])
    params = [param for each in asked for param in each.params]
    rows = db.execute(f"SELECT {told} FROM runs{condition}{order}", [*params, *wanted, *by])
    return [tuple(row) for row in rows]


_MOVES = "status, seen_at, heard_at, ended_at, name, tags, note, star, archived"
# One that waits may be edited, and given another turn, neither of which it is seen by.
_TURN = "CASE WHEN status IN ('queued', 'held') THEN (SELECT n FROM queue_changes) END"


def stamps(
    db: sqlite3.Connection,
    where: Query = EVERYTHING,
    sort: str = "-created",
    limit: int | None = None,
    offset: int = 0,
) -> list[tuple[str, tuple[Value, ...]]]:
    """Of each run that meets `where` its id, and what is another whenever it moved on or its user
    said something of it: far cheaper than to read the runs again. Raises UsageError.
    """
    condition, wanted = sql.where(db, where)
    order, by = sql.order(db, sort)
    told = f"SELECT id, {_MOVES}, {_TURN} FROM runs{condition}{order} LIMIT ? OFFSET ?"
    rows = db.execute(told, [*wanted, *by, -1 if limit is None else limit, offset])
    return [(row[0], tuple(row)[1:]) for row in rows]
