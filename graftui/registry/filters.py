"""Filters and sort keys, as typed on the command line, to SQL.

Keys are the columns of tables (keys.py), settings of a run's config (`train.lr`) and figures of its
summary. Values always travel as parameters. Refuses unknown keys, naming the known ones.
"""

import difflib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from graftui.errors import UsageError
from graftui.models import RunReason, RunStatus
from graftui.registry.keys import KEYS, Key, known

OPERATORS = ("!=", ">=", "<=", "=", ">", "<", "~")
_FORM = re.compile(r"\s*([^!<>=~]+?)\s*(!=|>=|<=|==|~|[=<>](?![<>]))(.*)", re.DOTALL)

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
        return cls(form[1], form[2].replace("==", "="), form[3].strip())


def joined(words: Sequence[str]) -> Iterator[str]:
    """`graft > 90` as one word: an operator at an edge takes in the word beside it."""
    plain = [not any(op in word for op in OPERATORS) for word in words]
    place = 0
    while place < len(words):
        word, end = words[place], place + 1
        if plain[place] and end < len(words) and words[end].startswith(OPERATORS):
            word, end = word + words[end], end + 1
        if word.endswith(OPERATORS) and end < len(words) and plain[end]:
            word, end = word + words[end], end + 1
        yield word
        place = end


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
    name = sort.removeprefix("-").strip()
    if name == "created":  # never NULL; said plainly, so that the index serves
        return f" ORDER BY created_at {way}, n {way}", []
    key = _key(db, name)
    return f" ORDER BY {key.order} IS NULL, {key.order} {way}, n {way}", [*key.params] * 2


def meets(f: Filter, value: Any) -> bool:
    """Whether a value that is in no database meets the condition as it would there."""
    number = Key("").number(f.value)
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
    key = _key(db, f.key)
    test, values = _test(key, f)
    if key.many:
        test = f"EXISTS (SELECT 1 FROM json_each({key.sql}) WHERE {test})"
    return (f"NOT {test}" if f.op == "!=" else test), values


def _test(key: Key, f: Filter) -> Sql:
    """`!=` is tested as `=`; the caller turns it round."""
    _refuse_unknown_value(f)
    sql, number = ("value", key.number(f.value)) if key.many else key.meaning(f.value)
    params = list(key.params)
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


def _key(db: sqlite3.Connection, name: str) -> Key:
    if key := known(name):
        return key
    if "." in name and (path := _config_path(name)) is not None:
        return _extract("config", path)
    if name in _summary_keys(db):
        return _extract("summary", (name,))
    raise UsageError(f"There is no key {name!r} to filter or sort by.", _hint(db, name))


def _extract(column: str, path: tuple[str, ...]) -> Key:
    steps = "".join(f'."{part}"' for part in path)
    return Key(f"json_extract({column}, ?)", params=(f"${steps}",))


def _config_path(name: str) -> tuple[str, ...] | None:
    return _settings().get(name)


def _settings() -> dict[str, tuple[str, ...]]:
    # Imports pydantic: only for those who ask for a setting.
    from engine.contract.kinds import kinds
    from engine.contract.schema import settings

    return {setting.path: setting.keys for kind in kinds() for setting in settings(kind)}


def _summary_keys(db: sqlite3.Connection) -> list[str]:
    rows = db.execute("SELECT DISTINCT key FROM runs, json_each(runs.summary) ORDER BY key")
    return [row[0] for row in rows]


def _hint(db: sqlite3.Connection, name: str) -> str:
    names = list(dict.fromkeys([*KEYS, *_summary_keys(db)]))
    near = difflib.get_close_matches(name.lower(), [*names, *_settings()], n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    return (
        f"{guess}Known: {', '.join(names)}; "
        "and every setting, such as task.name, train.lr, graft.sparsity."
    )
