"""TOML from files that somebody sent. Refuses what is nested too deeply to be walked."""

import tomllib
from typing import Any

_DEEPEST = 32


def loads(text: str) -> dict[str, Any]:
    """The tables in `text`. Raises tomllib.TOMLDecodeError."""
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise _too_deep() from None
    level: list[Any] = [tables]
    for _ in range(_DEEPEST):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return tables
    raise _too_deep()


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _too_deep() -> tomllib.TOMLDecodeError:
    return tomllib.TOMLDecodeError(f"nested more than {_DEEPEST} levels deep")
