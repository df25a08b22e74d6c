"""Filters and sort keys, as typed on the command line, to SQL.

Owns the keys: columns of a run, settings of its config (`train.lr`), figures of its summary
(`accuracy`). Values always travel as parameters. Refuses unknown keys, naming the known ones.
"""

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from graftui.errors import UsageError
from graftui.models import RunReason, RunStatus

OPERATORS = ("!=", ">=", "<=", "=", ">", "<", "~")
_FORM = re.compile(r"\s*([^!<>=~]+?)\s*(!=|>=|<=|=|>|<|~)(.*)", re.DOTALL)

KEYS = {
    "id": "id", "name": "name", "kind": "kind", "status": "status", "reason": "reason",
    "recipe": "recipe", "parent": "parent", "device": "device", "phase": "phase", "step": "step",
    "hash": "config_hash", "created": "created_at", "started": "started_at", "ended": "ended_at",
    "seconds": "(ended_at - started_at)", "tag": "tags",
}  # fmt: skip
_TIMES = ("created", "started", "ended")
_VALUES: dict[str, type[StrEnum]] = {"status": RunStatus, "reason": RunReason}

Sql = tuple[str, list[Any]]
"""An expression and its parameters."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition, such as `train.lr>=1e-3`."""

    key: str
    op: str
    value: str

    @classmethod
    def parse(cls, text: str) -> "Filter":
        """The condition in `text`."""
        form = _FORM.fullmatch(text)
        if form is None:
            raise UsageError(
                f"{text!r} is not a filter.",
                f"Write KEY OPERATOR VALUE, as in status=failed; operators: {' '.join(OPERATORS)}",
            )
        return cls(form[1], form[2], form[3].strip())


def where(db: sqlite3.Connection, filters: Sequence[Filter], search: str = "") -> Sql:
    """The WHERE clause for `filters` and the words of `search`, all of which must hold."""
    parts = [_condition(db, f) for f in filters]
    if search.split():
        words = " ".join('"' + word.replace('"', '""') + '"*' for word in search.split())
        matches = "n IN (SELECT rowid FROM runs_words WHERE runs_words MATCH ?)"
        parts.append((matches, [words]))
    if not parts:
        return "", []
    clause = " AND ".join(f"({sql})" for sql, _ in parts)
    return f" WHERE {clause}", [p for _, params in parts for p in params]


def order(db: sqlite3.Connection, sort: str) -> Sql:
    """The ORDER BY clause for a key, `-key` for descending; runs without a value come last."""
    way = "DESC" if sort.startswith("-") else "ASC"
    key = sort.removeprefix("-")
    if key == "created":  # never NULL; said plainly, so that the index serves
        return f" ORDER BY created_at {way}, n {way}", []
    sql, params = _expression(db, key)
    return f" ORDER BY {sql} IS NULL, {sql} {way}, n {way}", params * 2


def meets(f: Filter, value: Any) -> bool:
    """Whether a value that is in no database meets the condition as it would there."""
    number = _number(f)
    if f.op == "~":
        return f.value.lower() in str("" if value is None else value).lower()
    if f.op in ("=", "!="):
        same = value is not None and (str(value) == f.value or value == number)
        return same is (f.op == "=")
    if number is None:
        raise _no_number(f)
    if not isinstance(value, int | float):
        return False
    return {">": value > number, "<": value < number, ">=": value >= number,
            "<=": value <= number}[f.op]  # fmt: skip


def _condition(db: sqlite3.Connection, f: Filter) -> Sql:
    sql, params = _expression(db, f.key)
    if f.key == "tag":
        sql = "value"
    test, values = _test(sql, params, f)
    if f.key == "tag":
        test = f"EXISTS (SELECT 1 FROM json_each(tags) WHERE {test})"
    return (f"NOT {test}" if f.op == "!=" else test), values


def _test(sql: str, params: list[Any], f: Filter) -> Sql:
    """`!=` is tested as `=`; the caller turns it round."""
    _refuse_unknown_value(f)
    number = _number(f)
    if f.op == "~":
        return f"instr(lower(ifnull({sql}, '')), lower(?)) > 0", [*params, f.value]
    if f.op in ("=", "!="):
        # A number is stored as such in configs and as text in names: either will do.
        return f"ifnull({sql} IN (?, ?), 0)", [*params, f.value, number]
    if number is None:
        raise _no_number(f)
    # Without the type test, SQLite holds every text to be more than any number.
    test = f"(typeof({sql}) IN ('integer', 'real') AND {sql} {f.op} ?)"
    return test, [*params, *params, number]


def _refuse_unknown_value(f: Filter) -> None:
    # A misspelt status would find nothing, and look as if there were nothing.
    if f.key in _VALUES and f.op in ("=", "!=") and f.value not in set(_VALUES[f.key]):
        raise UsageError(
            f"{f.key}{f.op}{f.value}: there is no {f.key} {f.value!r}.",
            f"Allowed are {', '.join(_VALUES[f.key])}; {f.key}~ looks for a part of it.",
        )


def _no_number(f: Filter) -> UsageError:
    return UsageError(
        f"{f.key}{f.op}{f.value}: {f.op} compares numbers.",
        "Give a number (or a date, for created, started and ended), or use = != or ~.",
    )


def _number(f: Filter) -> float | None:
    if f.value.lower() in ("true", "yes", "false", "no"):
        return float(f.value.lower() in ("true", "yes"))
    try:
        return float(f.value)
    except ValueError:
        pass
    if f.key not in _TIMES:
        return None
    try:
        return datetime.fromisoformat(f.value).timestamp()
    except ValueError:
        return None


def _expression(db: sqlite3.Connection, key: str) -> Sql:
    if key in KEYS:
        return KEYS[key], []
    if "." in key and (path := _config_path(key)) is not None:
        return _extract("config", path)
    if key in _summary_keys(db):
        return _extract("summary", (key,))
    raise UsageError(f"there is no key {key!r} to filter or sort by.", _known(db))


def _extract(column: str, path: tuple[str, ...]) -> Sql:
    steps = "".join(f'."{part}"' for part in path)
    return f"json_extract({column}, ?)", [f"${steps}"]


def _config_path(key: str) -> tuple[str, ...] | None:
    # Imports pydantic: only for those who ask for a setting.
    from engine.contract.config import KINDS
    from engine.contract.schema import settings

    for kind in KINDS:
        for setting in settings(kind):
            if setting.path == key:
                return setting.keys
    return None


def _summary_keys(db: sqlite3.Connection) -> list[str]:
    rows = db.execute("SELECT DISTINCT key FROM runs, json_each(runs.summary) ORDER BY key")
    return [row[0] for row in rows]


def _known(db: sqlite3.Connection) -> str:
    figures = ", ".join(_summary_keys(db)) or "none yet"
    return (
        f"Known: {', '.join(KEYS)}; figures of results: {figures}; "
        "and every setting, such as task.name, train.lr, graft.sparsity."
    )
