"""Rows of runs.db to values and back. Owns the encoding; asks no questions of the database."""

import json
import math
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from graftui.models import Input, Run, RunStatus
from graftui.registry import attempts

# No 0/o, 1/l/i: ids are read aloud and typed.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
ID_LENGTH = 6
_DECODER = json.JSONDecoder()
STATES = {state.value: state for state in RunStatus}
"""By what is stored: to ask the enumeration takes forty times as long."""

COLUMNS: tuple[str, ...] = tuple(
    f.name for f in fields(Run) if f.name not in ("condition", "waits_for", "inputs", "attempt")
)
_INPUTS = "SELECT role, source FROM inputs WHERE run = runs.id ORDER BY n"
# `started_at` is the last attempt's too: lists are filtered and sorted by it, without a join.
RUN = (
    f"SELECT {', '.join(COLUMNS)}, {', '.join(f'attempt_{name}' for name in attempts.COLUMNS)},"
    f" (SELECT json_group_array(json_array(role, source)) FROM ({_INPUTS})) AS inputs"
    f" FROM runs{attempts.BESIDE}"
)
"""What `run_of` takes, of all runs."""

_NO_NUMBERS = {None: math.nan, "inf": math.inf, "-inf": -math.inf}


def new_id() -> str:
    """A fresh id of a run, such as "k3f9xa"."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(ID_LENGTH))


def run_of(row: sqlite3.Row) -> Run:
    """The run in a row of `RUN`."""
    # By place: a name is searched for among all fifty, and a list has ten thousand rows.
    *own, inputs = row
    values = dict(zip(COLUMNS, own[: len(COLUMNS)], strict=True))
    values["status"] = STATES[values["status"]]
    values["star"], values["archived"] = bool(values["star"]), bool(values["archived"])
    values["held"] = bool(values["held"])
    values["config"] = decoded(values["config"])
    values["tags"] = tuple(decoded(values["tags"]))
    values["warnings"] = tuple(decoded(values["warnings"]))
    values["summary"] = numbers_of(values["summary"])
    values["inputs"] = tuple(Input(*given) for given in decoded(inputs))
    return Run(**values, attempt=attempts.attempt_of(own[len(COLUMNS) :]))


def decoded(text: str) -> Any:
    """JSON as it is stored: nothing stands around it, and to look for that would double the time
    that a list of ten thousand takes.
    """
    return _DECODER.raw_decode(text)[0]


def row_of(run: Run) -> dict[str, Any]:
    """Column -> stored value; a run's inputs and attempts have tables of their own."""
    return encoded({name: getattr(run, name) for name in COLUMNS})


def encoded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a Run as they are stored. Raises KeyError for what is no field."""
    return {name: _ENCODE.get(name, _same)(values[name]) for name in values if _known(name)}


def numbers(values: Mapping[str, float]) -> str:
    """JSON has no nan and no infinity: null, and text, which SQLite sorts after all numbers."""
    return json.dumps({k: _stored(v) for k, v in values.items()})


def _stored(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return str(value) if math.isinf(value) else value


def label_key(labels: Mapping[str, str | float]) -> str:
    """Labels of a score as they are stored: the same text for the same labels."""
    return json.dumps(labels, sort_keys=True, separators=(",", ":"))


def numbers_of(text: str) -> dict[str, float]:
    """The numbers in `text`; null is nan, and text infinity."""
    values: dict[str, Any] = decoded(text)
    for name, value in values.items():
        if type(value) is not float and not isinstance(value, int):
            values[name] = _NO_NUMBERS[value]
    return values


def _known(name: str) -> bool:
    if name not in COLUMNS:
        raise KeyError(f"a run has no {name}")
    return True


def _same(value: Any) -> Any:
    return value


_ENCODE: dict[str, Callable[[Any], Any]] = {
    "config": json.dumps,
    "tags": json.dumps,
    "warnings": json.dumps,
    "summary": numbers,
}
