"""Rows as CSV. Owns what a spreadsheet must not take for a formula; knows nothing of runs."""

import csv
import itertools
import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

_PLAIN = frozenset((int, float, bool, type(None)))
"""Types that stand in CSV as they are: of most cells no more is asked."""
# Spreadsheets look past blanks and quotes, and take the wide forms of these signs as well.
_FORMULA = re.compile("[\\s\"'\ufeff\u200b]*[=+\\-@＝＋－＠]|[\t\r]")


def text_of(titles: Sequence[str], rows: Iterable[Sequence[Any]], raw: bool = False) -> str:
    """A line of titles, then the rows; a list or table within a cell is JSON.

    Text that a spreadsheet would run as a formula gets a `'` before it, unless it is to be `raw`.
    """
    lines: list[str] = []
    writer = csv.writer(_Lines(lines), lineterminator="\r\n")  # it quotes the letters of its end
    shown = cell if raw else _inert
    writer.writerows(
        [value if type(value) in _PLAIN else shown(value) for value in row]
        for row in itertools.chain([titles], rows)
    )
    return "".join(lines)


class _Lines:
    """What a csv.writer writes to: it hands over a line at a time."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def write(self, line: str) -> None:
        self.lines.append(line.removesuffix("\r\n") + "\n")


def cell(value: Any) -> Any:
    """A value as CSV has it."""
    return json.dumps(value) if isinstance(value, list | tuple | dict) else value


def _inert(value: Any) -> Any:
    text = value if isinstance(value, str) else cell(value)
    return _quoted(text) if isinstance(text, str) else text


@lru_cache(4096)  # most of what ten thousand runs say is said again
def _quoted(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text
