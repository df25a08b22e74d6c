"""A query as a frozen tree, and as text again. Knows neither keys nor databases."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

KEYWORDS = ("and", "or", "not", "in")
OPERATORS = ("!=", ">=", "<=", "=", ">", "<", "~")
ORDER = (">", "<", ">=", "<=")
"""Operators that compare numbers."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands in what was typed."""

    text: str
    """All that was typed."""
    start: int
    end: int
    """The first character behind it."""


@dataclass(frozen=True, slots=True)
class Word:
    """Holds where a run's id, name, recipe, tags, note or settings have this word, or begin one
    with it; of several words, where they have them in this order.
    """

    text: str
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Condition:
    """A key, compared. What key and values mean is found out when it is asked."""

    key: str
    """As typed: a column, a setting or a figure of the summary."""
    op: str
    """One of OPERATORS."""
    values: tuple[str, ...]
    """One; or several, with `=` (any of these) and `!=` (none of these)."""
    key_span: Span | None = field(default=None, compare=False, repr=False)
    value_spans: tuple[Span, ...] = field(default=(), compare=False, repr=False)

    def value_span(self, value: str) -> Span | None:
        """Where `value` stands; None of a condition that nobody typed."""
        return dict(zip(self.values, self.value_spans, strict=False)).get(value)


@dataclass(frozen=True, slots=True)
class Not:
    """Holds where `part` does not."""

    part: "Query"


@dataclass(frozen=True, slots=True)
class And:
    """Holds where all parts do; without parts, always."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Holds where a part does; without parts, never."""

    parts: tuple["Query", ...]


Query = Word | Condition | Not | And | Or

EVERYTHING = And(())
NOTHING = Or(())


def leaves(query: Query) -> Iterator[Word | Condition]:
    """The words and conditions of `query`, from left to right."""
    if isinstance(query, And | Or):
        for part in query.parts:
            yield from leaves(part)
    elif isinstance(query, Not):
        yield from leaves(query.part)
    else:
        yield query


def asked_keys(query: Query) -> set[str]:
    """Keys of all of its conditions."""
    return {leaf.key for leaf in leaves(query) if isinstance(leaf, Condition)}


def conjuncts(query: Query) -> tuple[Query, ...]:
    """The parts all of which must hold."""
    if isinstance(query, And):
        return tuple(leaf for part in query.parts for leaf in conjuncts(part))
    return (query,)


def all_of(*queries: Query) -> Query:
    """What holds where all of `queries` do."""
    return And(conjuncts(And(queries)))


def written(query: Query) -> str:
    """`query` as text that parses to it, every group in parentheses."""
    if isinstance(query, Word):
        return quoted(query.text)
    if isinstance(query, Condition):
        return _written_condition(query)
    if isinstance(query, Not):
        return f"not {_grouped(query.part)}"
    return (" and " if isinstance(query, And) else " or ").join(map(_grouped, query.parts))


def _written_condition(condition: Condition) -> str:
    key = quoted(condition.key)
    values = [quoted(value) for value in condition.values]
    if len(values) == 1:
        return f"{key} {condition.op} {values[0]}"
    word = "in" if condition.op == "=" else "not in"
    return f"{key} {word} ({', '.join(values)})"


def _grouped(query: Query) -> str:
    text = written(query)
    return f"({text})" if isinstance(query, And | Or) else text


def quoted(text: str) -> str:
    """`text` as a key, a value or a word of a query."""
    if re.fullmatch(r"[\w.+:/@][\w.+:/@-]*", text) and text.lower() not in KEYWORDS:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
