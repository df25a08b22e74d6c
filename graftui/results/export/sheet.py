"""Rows as CSV. Owns what a spreadsheet must not take for a formula; knows nothing of runs."""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

# Spreadsheets look past blanks and quotes, and take the wide forms of these signs as well.
_FORMULA = re.compile("[\\s\"'\ufeff\u200b]*[=+\\-@＝＋－＠]|[\t\r]")


def text_of(titles: Sequence[str], rows: Iterable[Sequence[Any]], raw: bool = False) -> str:
    """A line of titles, then the rows; a list or table within a cell is JSON.

    Text that a spreadsheet would run as a formula gets a `'` before it, unless it is to be `raw`.
    """
    whole = ([cell(value) for value in row] for row in (titles, *rows))
    return "".join(_line(row if raw else map(_inert, row)) for row in whole)


def _line(cells: Iterable[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)  # it quotes the letters of its end
    return out.getvalue().removesuffix("\r\n") + "\n"


def cell(value: Any) -> Any:
    """A value as CSV has it."""
    return json.dumps(value) if isinstance(value, list | tuple | dict) else value


def _inert(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
