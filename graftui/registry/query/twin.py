"""A query in Python: whether a run that is at hand meets it, as the registry would have it."""

from collections.abc import Callable

from graftui.models import Run
from graftui.registry.query.expressions import Row, Value, stored
from graftui.registry.query.fulltext import holds, tokens
from graftui.registry.query.keys import Key
from graftui.registry.query.reading import test_of
from graftui.registry.query.tree import And, Condition, Not, Query, Span, Word

Predicate = Callable[[Row], bool]
Find = Callable[[str, Span | None], Key]
"""The key of a name, as keys.find; raises UsageError, pointing at the span."""


def predicate(query: Query, find: Find) -> Predicate:
    """Whether a row meets `query`; the keys of `find` say what a row has.

    Raises UsageError as `sql.where` does.
    """
    if isinstance(query, Word):
        phrase = tokens(query.text)
        return lambda row: bool(phrase) and holds(phrase, words_of(row.run))
    if isinstance(query, Condition):
        return _condition(query, find(query.key, query.key_span))
    if isinstance(query, Not):
        part = predicate(query.part, find)
        return lambda row: not part(row)
    parts = [predicate(part, find) for part in query.parts]
    every = all if isinstance(query, And) else any
    return lambda row: every(part(row) for part in parts)


def words_of(run: Run) -> list[str]:
    """What the full-text index has of a run."""
    told = [run.id, run.name, run.recipe, run.kind, *run.tags, run.note]
    return tokens(" ".join([*told, *_atoms(run.config)]))


def _atoms(value: object) -> list[str]:
    """The values, not the keys, of a config."""
    if isinstance(value, dict):
        return [atom for inner in value.values() for atom in _atoms(inner)]
    if isinstance(value, list | tuple):
        return [atom for inner in value for atom in _atoms(inner)]
    return [] if value is None else [as_text(stored(value))]


def as_text(value: Value) -> str:
    """`value` as SQLite writes it."""
    if not isinstance(value, float):
        return "" if value is None else str(value)
    digits, e, exponent = f"{value:.15g}".partition("e")
    return f"{digits if '.' in digits else f'{digits}.0'}{e}{exponent}"


def _condition(condition: Condition, key: Key) -> Predicate:
    test = test_of(condition, key)

    def met(row: Row) -> bool:
        return any(
            _met(value, test.op, wanted)
            for expression, wanted in test.values
            for value in _values(expression.of(row))
        )

    return (lambda row: not met(row)) if test.turned else met


def _values(read: Value | list[Value]) -> list[Value]:
    return read if isinstance(read, list) else [read]


def _met(value: Value, op: str, wanted: list[str | float]) -> bool:
    if op == "~":
        return any(_lower(str(part)) in _lower(as_text(value)) for part in wanted)
    if op == "=":
        return value is not None and value in wanted
    if not isinstance(value, int | float):
        return False
    return any(_COMPARED[op](value, limit) for limit in wanted if isinstance(limit, float))


_COMPARED: dict[str, Callable[[float, float], bool]] = {
    ">": lambda value, limit: value > limit,
    "<": lambda value, limit: value < limit,
    ">=": lambda value, limit: value >= limit,
    "<=": lambda value, limit: value <= limit,
}


def _lower(text: str) -> str:
    """In lower case as SQLite has it: ASCII alone."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)
