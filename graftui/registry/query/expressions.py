"""What keys are made of: expressions over a run, each said twice, in SQL and in Python.

Owns that both come to the same: text, an integer, a float or None, as SQLite holds them.
"""

import json
import math
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graftui import kinds
from graftui.measured import Score
from graftui.models import Run, RunStatus

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Row:
    """A run with what was measured of it: what an expression is computed from in Python."""

    run: Run
    scores: Sequence[Score] = ()
    """In the order of evaluation."""
    now: float = field(default_factory=time.time)
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression."""

    sql: str
    of: Callable[[Row], Any]
    """Its value of a row, a Value; of many, a list of them."""
    params: tuple[str, ...] = ()
    """Of `sql`."""


def stored(value: Any) -> Value:
    """A value of a run as SQLite gives it back."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return None if math.isnan(value) else str(value) if math.isinf(value) else value
    return value if isinstance(value, int) else json.dumps(value, separators=(",", ":"))


def column(name: str) -> Expression:
    """A column of runs, which a Run has by the same name."""
    return Expression(name, lambda row: stored(getattr(row.run, name)))


def setting(*keys: str) -> Expression:
    """A value of the config."""
    path = "".join(f'."{key}"' for key in keys)
    return Expression(f"json_extract(config, '${path}')", lambda row: _inside(row.run.config, keys))


def _inside(config: Mapping[str, Any], keys: Sequence[str]) -> Value:
    value: Any = config
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return stored(value)


def figure(name: str) -> Expression:
    """A figure of the summary, whatever it is called."""
    return Expression(
        "(SELECT value FROM json_each(summary) WHERE key = ?)",
        lambda row: stored(row.run.summary.get(name)),
        (name,),
    )


def summary(name: str) -> Expression:
    """One that is called by a plain word."""
    return Expression(
        f"json_extract(summary, '$.{name}')", lambda row: stored(row.run.summary.get(name))
    )


def either(first: Expression, second: Expression) -> Expression:
    """The first, or where it is None the second."""

    def of(row: Row) -> Any:
        value = first.of(row)
        return second.of(row) if value is None else value

    return Expression(f"ifnull({first.sql}, {second.sql})", of)


def shown(of: Expression, scale: float, digits: int) -> Expression:
    """A number as a table has it: `scale` times as much, rounded."""
    return Expression(
        f"shown({of.sql}, {scale!r}, {digits})", lambda row: _shown(of.of(row), scale, digits)
    )


def _shown(value: Value, scale: float, digits: int) -> Value:
    if value is None or isinstance(value, str):  # infinity is text
        return value
    return float(f"{scale * value:.{digits}f}")


def prepare(db: sqlite3.Connection) -> None:
    """Make `db` know the functions that expressions use."""
    # SQLite rounds ties up; tables round them as Python does, and a filter finds what is shown.
    db.create_function("shown", 3, _shown, deterministic=True)
    db.create_function("subjects", 2, _subjects_of, deterministic=True)


def last_part(path: Expression) -> Expression:
    """What stands behind the last slash, those at the end aside."""
    whole = f"rtrim({path.sql}, '/')"
    folder = f"rtrim({whole}, replace({whole}, '/', ''))"
    return Expression(
        f"substr({whole}, length({folder}) + 1)",
        lambda row: None if (v := path.of(row)) is None else str(v).rstrip("/").rpartition("/")[2],
    )


def _sparsities(row: Row) -> list[Value]:
    config = row.run.config
    if curve := config.get("sparsities"):
        return [stored(each) for each in curve]
    patch = config.get("base_patch")
    sized = patch in (None, "movement") and not config.get("recover")
    return [stored(config.get("sparsity")) if sized else None]


def _subjects(kind: str, config: Mapping[str, Any]) -> list[Value]:
    return [kind, kinds.shown(kind).makes(config) or kind]


def _subjects_of(kind: str, config: str) -> str:
    return json.dumps(_subjects(kind, json.loads(config)))


TAGS = Expression("tags", lambda row: list(row.run.tags))
SOURCES = Expression(
    "(SELECT json_group_array(source) FROM inputs WHERE run = runs.id AND instr(source, '/') = 0)",
    lambda row: list(row.run.sources),
)
"""Ids of the runs that a run is made from."""
HOST = Expression(
    "(SELECT host FROM attempts WHERE run = runs.id ORDER BY n DESC LIMIT 1)",
    lambda row: row.run.attempt.host if row.run.attempt.n else None,
)
"""Where the last start of a run was."""
SPARSITIES = Expression(
    "iif(json_array_length(config, '$.sparsities') > 0, json_extract(config, '$.sparsities'),"
    " json_array(iif(ifnull(json_extract(config, '$.base_patch'), 'movement') = 'movement'"
    " AND NOT ifnull(json_extract(config, '$.recover'), 0),"
    " json_extract(config, '$.sparsity'), NULL)))",
    _sparsities,
)
"""Those that a graft was asked for; a curve has several."""
SUBJECTS = Expression("subjects(kind, config)", lambda row: _subjects(row.run.kind, row.run.config))
"""The kind of a run, and what it makes."""

_NOW = "(julianday('now') - 2440587.5) * 86400.0"
_ENDED = f"ifnull(ended_at, iif(status IN ('starting', 'running'), {_NOW}, heard_at))"


def _took(row: Row) -> Value:
    run = row.run
    if run.started_at is None:
        return None
    working = run.status in (RunStatus.starting, RunStatus.running)
    ended = run.ended_at if run.ended_at is not None else row.now if working else run.heard_at
    return int(max(0, (run.started_at if ended is None else ended) - run.started_at))


def _done(row: Row) -> Value:
    run = row.run
    share = run.done if run.done is not None else run.step / run.total if run.total else None
    return None if share is None else int(100 * share)


TOOK = Expression(f"CAST(max(0, ifnull({_ENDED}, started_at) - started_at) AS INTEGER)", _took)
"""Seconds that a run has taken, or takes until now."""
SECONDS = Expression(
    "(ended_at - started_at)",
    lambda row: (
        None
        if row.run.ended_at is None or row.run.started_at is None
        else row.run.ended_at - row.run.started_at
    ),
)
AGE = Expression(
    f"CAST({_NOW} - created_at AS INTEGER)", lambda row: int(row.now - row.run.created_at)
)
DONE = Expression("CAST(100 * ifnull(done, 1.0 * step / nullif(total, 0)) AS INTEGER)", _done)
"""Percent."""

_LAST = 9
"""Rank of a stage that is no result."""
_RANKS = {
    f"{entry.kind}/{stage}": rank
    for entry in kinds.entries()
    for rank, stage in enumerate(entry.result)
}


def result(name: str) -> Expression:
    """A score of a run's own result on a test set, as its kind says; of a curve, that of the graft
    in the summary.
    """
    ranks = " ".join(f"WHEN '{stage}' THEN {rank}" for stage, rank in _RANKS.items())
    weights, own = summary("weights"), summary(name)
    alike = f"json_extract(scores.scores, '$.weights') IS {weights.sql}"
    # Nested, because an ORDER BY of a subquery cannot see `summary`.
    told = (
        f"SELECT json_extract(scores.scores, '$.{name}') AS value, CASE kind || '/' || stage"
        f" {ranks} ELSE {_LAST} END"
        f" AS rank, {alike} AS alike, scores.n AS n FROM scores"
        " WHERE scores.run = runs.id AND split NOT IN ('dev', 'train')"
    )

    def of(row: Row) -> Any:
        value, size = own.of(row), weights.of(row)
        tested = [score for score in row.scores if score.split not in ("dev", "train")]
        tested.sort(
            key=lambda score: (
                _RANKS.get(f"{row.run.kind}/{score.stage}", _LAST),
                stored(score.scores.get("weights")) != size,
            )
        )
        return stored(tested[0].scores.get(name)) if value is None and tested else value

    best = f"SELECT value FROM ({told}) ORDER BY rank, alike DESC, n LIMIT 1"
    return Expression(f"ifnull({own.sql}, ({best}))", of)
