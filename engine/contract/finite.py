"""Numbers as JSON has them: one that is not finite is null, and a field beside it says what it was.

    {"f1": 0.5, "loss": inf}  ->  {"f1": 0.5, "loss": null, "not_finite": {"loss": "inf"}}

Standard library only.
"""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

SAYS = "not_finite"


def dumps(value: Any) -> str:
    """`value` as readable JSON."""
    return json.dumps(finite(value), indent=2, allow_nan=False)


def lines(values: Iterable[Any]) -> str:
    """A line of JSON for each of `values`."""
    return "".join(f"{json.dumps(finite(value), allow_nan=False)}\n" for value in values)


def finite(value: Any) -> Any:
    """`value` with null for each number that is not finite, in a list or table of any depth."""
    if isinstance(value, Mapping):
        lost = {str(key): said for key, inner in value.items() if (said := _said(inner))}
        kept = {key: finite(inner) for key, inner in value.items()}
        return {**kept, SAYS: lost} if lost else kept
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return None if _said(value) else value


def _said(value: Any) -> Any:
    """What is lost of it: "nan", "inf" or "-inf"; of a list, a word or null for each entry."""
    if isinstance(value, float):
        return None if math.isfinite(value) else str(value)
    if isinstance(value, list | tuple):
        words = [_said(inner) for inner in value]
        return words if any(words) else None
    return None
