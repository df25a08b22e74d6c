"""What a condition tests, once its key is known: which values, and what of them.

SQL and its Python twin both go by this. Refuses values that the key cannot have.
"""

from dataclasses import dataclass

from graftui.errors import UsageError
from graftui.registry.query.expressions import Expression
from graftui.registry.query.keys import Key
from graftui.registry.query.pointing import bad_query
from graftui.registry.query.tree import ORDER, Condition


@dataclass(frozen=True, slots=True)
class Test:
    """What is to be compared with what."""

    op: str
    """One of the operators, but for !=."""
    values: tuple[tuple[Expression, list[str | float]], ...]
    """What to compare, and with which values: texts and numbers; one of them is enough."""
    turned: bool = False
    """It holds where the test does not: `!=`."""


def test_of(condition: Condition, key: Key) -> Test:
    """The test of `condition`, whose key means `key`. Raises UsageError."""
    op = "=" if condition.op == "!=" else condition.op
    wanted: dict[str, tuple[Expression, list[str | float]]] = {}
    for text in condition.values:
        if op == "=" and key.choices and text not in key.choices:
            raise _no_choice(condition, key, text)
        of, number = key.meaning(text) if op != "~" else (key.value, None)
        values = wanted.setdefault(of.sql, (of, []))[1]
        if op in ORDER:
            values.append(_ordered(condition, key, text, number))
        else:
            # A number is stored as such in configs and as text in names: either will do.
            values += [text] if number is None else [text, number]
    return Test(op, tuple(wanted.values()), condition.op == "!=")


def _ordered(condition: Condition, key: Key, text: str, number: float | None) -> float:
    value = key.number(text) if number is None else number
    if value is None:
        raise bad_query(
            f"{condition.key} {condition.op} {text}: {condition.op} compares numbers.",
            "Give a number (or a date, for created, started and ended), or use = != or ~.",
            condition.value_span(text),
        )
    return value


def _no_choice(condition: Condition, key: Key, text: str) -> UsageError:
    # A misspelt status would find nothing, and look as if there were nothing.
    return bad_query(
        f"{condition.key} {condition.op} {text}: there is no {key.name} {text!r}.",
        f"Allowed are {', '.join(key.choices)}, or several: {key.name} in (a, b); "
        f"{key.name}~ looks for a part of it.",
        condition.value_span(text),
    )
