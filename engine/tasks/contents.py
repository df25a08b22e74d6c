"""Contents: the records of a file as they stand in it, before anyone looks for texts and labels.

Owns bytes, line ends and the quotes of csv. Refuses, by line or row, what is not UTF-8 and a quote
that takes the rows after it for its text.
"""

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from engine.contract.catalog import TaskSpec
from engine.errors import DataError

Content = str | list[str]
"""A record as it stands in its file: the line with its end (tsv, jsonl), or the fields (csv)."""

_LONGEST_FIELD = 2**31 - 1
"""csv's own limit is 131,072 characters; what is too long for a model is cut in tokens."""
_NO_STRAY = 'write each quote within a text twice ("") and quote that text, or give the task as tsv'


def contents(
    path: Path, spec: TaskSpec, is_row: Callable[[list[str]], bool]
) -> Iterator[tuple[int, Content]]:
    """Number, from 1, and content of each record, header included and blank ones left out.

    `is_row`: whether fields of csv make up a row of the task. Raises DataError.
    """
    text = _text(path)
    if spec.format == "csv" or not spec.header:
        # GLUE's files may open with a byte order mark; a header keeps it when it is written. In
        # csv it would hide a quote.
        text = text.removeprefix("\ufeff")
    records: Iterable[Content] = _csv(text, path, is_row) if spec.format == "csv" else _lines(text)
    return ((number, content) for number, content in enumerate(records, 1) if content)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise DataError(
            f"there is no file {path}", "check task.data, task.k and task.data_seed"
        ) from None
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError(f"{path} is UTF-16", "convert it with iconv -f UTF-16 -t UTF-8")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}, line {_line(data[: error.start].decode())} is not UTF-8: "
            f"byte 0x{data[error.start]:02x}",
            "convert it, e.g. with iconv -f LATIN1 -t UTF-8",
        ) from None
    if "\0" in text:
        raise DataError(
            f"{path}, line {_line(text[: text.index(chr(0))])} holds a NUL character",
            "it is UTF-16 (iconv converts it) or damaged: take another copy",
        )
    return text


def _line(before: str) -> int:
    """Number of the line that comes after `before`."""
    return max(before.count("\n"), before.count("\r")) + 1


def _lines(text: str) -> list[str]:
    """Lines with their ends; an empty one for a blank one."""
    within = text.strip("\r\n")
    if "\r" in within and "\n" not in within:  # old Macs and some spreadsheets end lines so
        text = text.replace("\r", "\n")
    # Not splitlines(): texts hold U+0085, U+2028 and single \r, which are no line ends here.
    return [line if line.strip("\r\n") else "" for line in io.StringIO(text, newline="\n")]


def _csv(text: str, path: Path, is_row: Callable[[list[str]], bool]) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_FIELD)
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, strict=True)
    begin, number = 0, 0
    while begin < len(lines):
        number += 1
        stray = f'{path}, row {number}: a quote (") opens there'
        shown = f": {lines[begin].rstrip()[:80]!r}"
        try:
            fields = next(reader)
        except csv.Error as error:
            left = len(lines) - begin - 1
            how = (
                f"never closes, which would take in the {left} lines after it"
                if "unexpected end" in str(error)
                else f"closes in the middle of a text, in line {reader.line_num}"
            )
            raise DataError(f"{stray} and {how}{shown}", _NO_STRAY) from None
        if _takes_in_rows(fields, lines[begin + 1 : reader.line_num], is_row):
            raise DataError(
                f"{stray} and closes in line {reader.line_num}, though the lines between are rows "
                f"of their own{shown}",
                _NO_STRAY,
            )
        yield fields
        begin = reader.line_num


def _takes_in_rows(
    fields: list[str], within: list[str], is_row: Callable[[list[str]], bool]
) -> bool:
    """Whether each further line of a record would be a row, as wide as the record is."""
    inner = [next(csv.reader([line]), []) for line in within if line.strip()]
    return bool(inner) and all(len(row) == len(fields) and is_row(row) for row in inner)
