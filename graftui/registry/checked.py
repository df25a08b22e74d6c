"""Fields of the files that describe a run, each checked on its own: one that is wrong is left out.

Owns what a value of each type may be. Knows no file.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from graftui.models import Attempt, Input, RunCard, RunStatus, Verdict

LONGEST = 20_000
"""Characters of a text."""
LAST_TIME = 253_402_300_800.0
"""Seconds since the epoch, of the year 10000; as engine.contract.events has it, which imports
pydantic."""


def checked(
    raw: Mapping[str, Any],
    form: type[RunCard | Verdict | Attempt],
    where: str,
    complain: Callable[[str], object],
) -> dict[str, Any]:
    """The fields of `form` that are as they should be."""
    known = {}
    for f in fields(form):
        check = _pid if f.name == "pid" else _CHECKS.get(f.type)
        if f.name not in raw or check is None:
            continue
        try:
            known[f.name] = check(raw[f.name])
        except (TypeError, ValueError) as error:
            complain(f"{where}{f.name}: {error}")
    return known


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError(f"should be a text of at most {LONGEST:,} characters")
    value.encode()  # a lone surrogate: UnicodeEncodeError, which is a ValueError
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("should be a list of texts")
    return tuple(map(_text, value))


def _inputs(value: Any) -> tuple[Input, ...] | None:
    if value is None:
        return None
    if not (isinstance(value, list) and all(isinstance(given, dict) for given in value)):
        raise ValueError("should be a list of objects")
    return tuple(Input(_text(given.get("role")), _text(given.get("source"))) for given in value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("should be a number")
    if not (math.isfinite(value) and 0 <= value < LAST_TIME):
        raise ValueError("should be seconds since the epoch, before the year 10000")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("should be true or false")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise ValueError("should be a whole number below 2^63")
    return value


def _pid(value: Any) -> int | None:
    if value is not None and not 1 <= _whole(value) < 2**31:
        raise ValueError("should be the number of a process")
    return None if value is None else int(value)


def _optional(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else check(value)


_CHECKS: dict[Any, Callable[[Any], Any]] = {
    str: _text,
    float: _number,
    int: _whole,
    bool: _truth,
    RunStatus: RunStatus,
    tuple[str, ...]: _texts,
    tuple[Input, ...] | None: _inputs,
    str | None: _optional(_text),
    int | None: _optional(_whole),
    float | None: _optional(_number),
}
"""By the type of a field; one that is a value with fields of its own is read apart."""
