"""What could come next where a query is being typed: keys, operators, values that runs have.

Owns which of all possibilities are worth offering, and in which order.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from graftui.errors import UsageError
from graftui.registry.query.at_cursor import Typing, at_cursor
from graftui.registry.query.keys import KEYS, Key, find
from graftui.registry.query.offers import Offer, Offers
from graftui.registry.query.sql import figures
from graftui.registry.query.tree import ORDER, quoted
from graftui.registry.query.vocabulary import Vocabulary
from graftui.text import visible

V = TypeVar("V")

MOST = 40
"""Offers at once."""
_FIRST = (
    "status", "task", "tag", "model", "kind", "graft", "tuned", "recov.", "graft.localizer",
    "sparsity", "train.seed", "name", "age", "star",
)  # fmt: skip
"""Keys that are offered before anything is typed."""
_WORDY = ("status", "task", "model", "tag", "recipe", "reason", "graft.localizer")
"""Keys whose values are offered for a word alone: `fail` for status=failed. All are read at once:
few of 10,000 runs take more than a few milliseconds."""
_WORD_LEAST = 2
"""Letters of such a word."""
_OF_A_WORD = 5
"""Values of each of these keys."""
_EXAMPLES = 4
"""Values that are shown beside their key."""
_OPERATORS = {
    "=": "is", "!=": "is not", "~": "has it in it", ">": "more than", "<": "less than",
    ">=": "at least", "<=": "at most", "in (": "is one of these",
}  # fmt: skip


def completed(line: str, cursor: int, known: Vocabulary) -> Offers:
    """What could stand in the line at the cursor."""
    at = at_cursor(line, cursor)
    if at.is_value:
        offers = _values(at, known)
    elif at.key and (key := _key(at.key, known)):
        offers = _operators(at, key)
    else:
        offers = [*_keys(at.begun, known), *_of_words(at.begun, known)]
    return Offers(line, at.start, at.end, tuple(offers[:MOST]))


def _key(name: str, known: Vocabulary) -> Key | None:
    try:
        return find(name, lambda: figures(known.db))
    except UsageError:
        return None


def _values(at: Typing, known: Vocabulary) -> list[Offer]:
    key = _key(at.key, known)
    if key is None or not (key.is_text or key.is_setting or key.choices or key.many):
        return []  # the values of a figure are as many as there are runs
    there = known.values(key, at.begun)
    listed = {value: there.get(value) for value in key.choices} or there
    space = "" if at.in_list else " "
    return [
        Offer(f"{quoted(value)}{space}", value, runs=runs)
        for value, runs in _fitting(at.begun, listed.items())
        if value != at.begun
    ]


def _operators(at: Typing, key: Key) -> list[Offer]:
    textual = key.is_text or bool(key.choices)
    shown = [op for op in _OPERATORS if not (textual and op in ORDER)]
    if key.has_unit and not key.many:
        shown.sort(key=lambda op: op not in ORDER)
    return [Offer(op, op, _OPERATORS[op]) for op in shown if op.startswith(at.begun)]


def _keys(begun: str, known: Vocabulary) -> Iterator[Offer]:
    """Those that begin so, then those that have it in them; settings, once a letter is typed."""
    from engine.contract.kinds import kinds  # imports pydantic: only for those who type a filter
    from engine.contract.schema import settings

    helps = {setting.path: setting.help for kind in kinds() for setting in settings(kind)}
    names = [*KEYS, *helps, *figures(known.db)] if begun else _FIRST
    for name, _ in _fitting(begun, dict.fromkeys(names, 0).items()):
        key = KEYS.get(name)
        numbers = key is not None and not (key.is_text or key.choices)
        # A heading of two words is read as it is.
        text = name if key else quoted(name)
        yield Offer(
            f"{text} " if numbers else f"{text}=", name, helps.get(name, _about(key, known))
        )


def _about(key: Key | None, known: Vocabulary) -> str:
    if key is None:
        return "a figure of the summary"
    if key.choices:
        return ", ".join(key.choices)
    if key.name in _WORDY:
        there = list(known.values(key, ""))
        return ", ".join([*there[:_EXAMPLES], *(["…"] if there[_EXAMPLES:] else [])])
    return "text" if key.is_text else "a number, as it is shown"


def _of_words(begun: str, known: Vocabulary) -> Iterator[Offer]:
    if len(begun) < _WORD_LEAST:
        return
    for name in _WORDY:
        if key := _key(name, known):
            fitting = _fitting(begun, known.values(key, begun).items())
            for value, runs in list(fitting)[:_OF_A_WORD]:
                condition = f"{name}={quoted(value)}"
                yield Offer(f"{condition} ", f"{name}={value}", runs=runs)


def _fitting(begun: str, named: Iterable[tuple[str, V]]) -> Iterator[tuple[str, V]]:
    """Those that begin so come first, then those that have it in them."""
    word = begun.lower()
    listed = [(name, each) for name, each in named if word in name.lower() and _can_be_typed(name)]
    yield from sorted(listed, key=lambda pair: not pair[0].lower().startswith(word))


def _can_be_typed(text: str) -> bool:
    """Of what nobody sees in a line, `~` finds a part that can be."""
    return visible(text) == text
