"""A query as SQL over runs.db. Values always travel as parameters."""

import json
import sqlite3
from collections.abc import Collection
from typing import Any

from graftui.registry.query.expressions import Expression, prepare
from graftui.registry.query.fulltext import match
from graftui.registry.query.keys import Key, find
from graftui.registry.query.reading import test_of
from graftui.registry.query.tree import EVERYTHING, And, Condition, Not, Query, Word

Sql = tuple[str, list[Any]]
"""An expression and its parameters."""
_MANY = 1000
"""Values that each are a parameter: SQLite takes some thousands at the least."""


def where(db: sqlite3.Connection, query: Query) -> Sql:
    """The WHERE clause of `query`. Raises UsageError for an unknown key, or a value that it
    cannot have.
    """
    if query == EVERYTHING:
        return "", []
    prepare(db)
    sql, params = _sql(db, query)
    return f" WHERE {sql}", params


def order(db: sqlite3.Connection, sort: str) -> Sql:
    """The ORDER BY clause for a key, `-key` for descending; runs without a value come last."""
    way = "DESC" if sort.startswith("-") else "ASC"
    name = sort.removeprefix("-").strip()
    if name == "created":  # never NULL; said plainly, so that the index serves
        return f" ORDER BY created_at {way}, n {way}", []
    prepare(db)
    by = find(name, lambda: figures(db)).order
    return f" ORDER BY {by.sql} IS NULL, {by.sql} {way}, n {way}", [*by.params] * 2


def figures(db: sqlite3.Connection) -> Collection[str]:
    """Names of what the summaries of all runs hold."""
    rows = db.execute("SELECT DISTINCT key FROM runs, json_each(runs.summary) ORDER BY key")
    return [row[0] for row in rows]


def _sql(db: sqlite3.Connection, query: Query) -> Sql:
    """An expression that is 0 or 1, never NULL."""
    if isinstance(query, Word):
        matching = "SELECT rowid FROM runs_words WHERE runs_words MATCH ?"
        return f"n IN ({matching})", [match(query.text)]
    if isinstance(query, Condition):
        return _condition(query, find(query.key, lambda: figures(db), query.key_span))
    if isinstance(query, Not):
        sql, params = _sql(db, query.part)
        return f"NOT {sql}", params
    if not query.parts:
        return str(int(isinstance(query, And))), []
    parts = [_sql(db, part) for part in query.parts]
    joint = " AND " if isinstance(query, And) else " OR "
    return f"({joint.join(sql for sql, _ in parts)})", [p for _, params in parts for p in params]


def _condition(condition: Condition, key: Key) -> Sql:
    """`!=` is tested as `=`, and turned round."""
    asked = test_of(condition, key)
    tests = []
    for expression, values in asked.values:
        within = Expression("value", expression.of) if key.many else expression
        tests.append(_test(within, asked.op, values))
    sql = " OR ".join(test for test, _ in tests)
    if key.many:
        sql = f"EXISTS (SELECT 1 FROM json_each({key.value.sql}) WHERE {sql})"
    params = [*(key.value.params if key.many else ()), *(p for _, ps in tests for p in ps)]
    return f"{'NOT ' if asked.turned else ''}({sql})", params


def _test(value: Expression, op: str, wanted: list[str | float]) -> Sql:
    params = [*value.params]
    if op == "~":
        return f"instr(lower(ifnull({value.sql}, '')), lower(?)) > 0", [*params, *wanted]
    if op == "=":
        if len(wanted) > _MANY:
            listed = f"ifnull({value.sql} IN (SELECT value FROM json_each(?)), 0)"
            return listed, [*params, json.dumps(wanted)]
        marks = ", ".join("?" for _ in wanted)
        return f"ifnull({value.sql} IN ({marks}), 0)", [*params, *wanted]
    # Without the type test, SQLite holds every text to be more than any number.
    test = f"typeof({value.sql}) IN ('integer', 'real') AND {value.sql} {op} ?"
    return f"({test})", [*params, *params, *wanted]
