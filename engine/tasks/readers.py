"""Readers: files of LM-BFF's layouts, and Hugging Face datasets, to labelled rows.

Owns what texts and labels are: columns of tsv (raw lines cut at tabs, never quoted) and csv, keys
of jsonl. Refuses, by file and row, a row that lacks a column (unless the task has such rows) or has
one too many, a text that is no text, and a label that is not the task's. Bytes and quotes are next
door, as are sampling and prompts.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import multimode
from typing import Any

from engine.contract.catalog import TaskSpec
from engine.errors import DataError
from engine.tasks.contents import Content, contents
from engine.tasks.labels import read_label, written_as


@dataclass(frozen=True, slots=True)
class Row:
    """One example as it stands in the file."""

    texts: tuple[str, ...]
    """One sentence, or two."""
    label: str
    """As the catalog writes it; of a regression, the score."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a table."""

    row: Row | None
    """None: it lacks a column or a label, and is left out."""
    content: Content | None = None
    """None: it comes from the hub."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file, or one split of a dataset."""

    name: str
    """For messages: `train.tsv`."""
    records: list[Record]
    header: Content | None = None
    doubt: str = ""
    """What looks wrong in it, but may be right."""

    @property
    def rows(self) -> list[Row]:
        """What can be used."""
        return [record.row for record in self.records if record.row]

    @property
    def left_out(self) -> int:
        """How many records cannot be used."""
        return sum(record.row is None for record in self.records)


def read_table(path: Path, spec: TaskSpec) -> Table:
    """The records of a file that are the task's. Raises DataError.

    Records of another `where` are not in the table; ragged and unlabelled ones are, without a row.
    """
    numbered = list(contents(path, spec, lambda fields: _looks_like_row(fields, spec)))
    header = numbered.pop(0)[1] if spec.header and numbered else None
    records: list[Record] = []
    complete: list[tuple[int, Any]] = []
    for number, content in numbered:
        where = f"{path}, row {number}"
        fields = _fields(content, spec, where)
        if not _is_complete(fields, spec):
            if not spec.ragged:
                raise _lacking(where, fields, spec)
            records.append(Record(None, content))
        elif _is_the_tasks(fields, spec):
            complete.append((number, fields))
            records.append(Record(_row(fields, spec, where), content))
    _refuse_wide(path, complete, spec)
    return Table(path.name, records, header, _doubt(path, header, spec))


def _refuse_wide(path: Path, rows: Sequence[tuple[int, Any]], spec: TaskSpec) -> None:
    """A row with a column more than another: its text was cut at a comma or tab of its own.

    Not where the last column counts, as in SNLI, whose rows differ.
    """
    from_end = any(int(column) < 0 for column in _places(spec) if spec.format == "tsv")
    if spec.format == "jsonl" or spec.ragged or from_end or not rows:
        return
    counts = {number: _columns(fields, spec) for number, fields in rows}
    usual = min(multimode(counts.values()))
    first = next(number for number, count in counts.items() if count == usual)
    for number, fields in rows:
        if counts[number] > usual:
            raise DataError(
                f"{path}, row {number} has {counts[number]} columns, but row {first} has {usual}: "
                f"{str(fields)[:80]}",
                "put a text that holds commas in quotes"
                if spec.format == "csv"
                else "take the tabs out of the text",
            )


def _columns(fields: Sequence[str], spec: TaskSpec) -> int:
    """How many there are, without the empty ones that spreadsheets leave behind a row."""
    count = len(fields)
    while count > width(spec) and not fields[count - 1].strip():
        count -= 1
    return count


def _fields(content: Content, spec: TaskSpec, where: str) -> Any:
    """The columns of a record: a list, or a dict for jsonl."""
    if isinstance(content, list):
        return content
    if spec.format == "tsv":
        return content.rstrip("\r\n").split("\t")
    try:
        record = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where} is not JSON: {error}", "give one object a line") from None
    if not isinstance(record, dict):
        raise DataError(f"{where} is no JSON object: {content[:80]!r}", "give one object a line")
    return record


def _row(fields: Any, spec: TaskSpec, where: str) -> Row | None:
    """None for a row without a label."""
    label = read_label(fields[spec.label], spec, where)
    texts = tuple(text_of(fields[key], f"{where}: {key}") for key in spec.text)
    return None if label is None else Row(texts, label)


def text_of(value: object, where: str) -> str:
    """`value`, which has to be text that can be encoded. Raises DataError."""
    if not isinstance(value, str):
        raise DataError(
            f"{where} is {written_as(value)[:80]}, which is no text", "put it in quotes"
        )
    try:
        value.encode()
    except UnicodeEncodeError as error:
        half = ascii(value[error.start])
        raise DataError(
            f"{where} holds {half}, half of a surrogate pair, which is no character",
            "the text was cut within a character: write it anew, or leave the row out",
        ) from None
    return value


def _places(spec: TaskSpec) -> tuple[int | str, ...]:
    return (*spec.text, spec.label, *spec.where)


def _is_complete(fields: Any, spec: TaskSpec) -> bool:
    if isinstance(fields, dict):
        return all(fields.get(key) is not None for key in _places(spec))
    return len(fields) >= width(spec)


def _looks_like_row(fields: list[str], spec: TaskSpec) -> bool:
    if not _is_complete(fields, spec):
        return False
    try:
        return read_label(fields[int(spec.label)], spec, "") is not None
    except DataError:
        return False


def _doubt(path: Path, header: Content | None, spec: TaskSpec) -> str:
    """A header that could be a row."""
    if header is None or not _looks_like_row(_fields(header, spec, ""), spec):
        return ""
    return f"{path.name}: its first row, taken for the header, has a label as rows have"


def width(spec: TaskSpec) -> int:
    """Fewest columns of a row: a label counted from the end must not fall on a sentence."""
    columns = [int(column) for column in _places(spec)]
    from_start = max((column + 1 for column in columns if column >= 0), default=0)
    return from_start + max((-column for column in columns if column < 0), default=0)


def _is_the_tasks(fields: Any, spec: TaskSpec) -> bool:
    if isinstance(fields, dict):
        return all(written_as(fields[key]) == value for key, value in spec.where.items())
    return all(fields[int(column)] == value for column, value in spec.where.items())


def _lacking(where: str, fields: Any, spec: TaskSpec) -> DataError:
    keyed = isinstance(fields, dict)
    there = f"the keys {', '.join(fields)}" if keyed else f"{len(fields)} columns"
    what = "key" if keyed else "column"
    null = [key for key in _places(spec) if keyed and key in fields and fields[key] is None]
    return DataError(
        f"{where} has null for {null[0]}"
        if null
        else f"{where} has {there}, but {spec.name} has its text in {list(spec.text)} and its "
        f"label in {what} {spec.label}: {str(fields)[:80]}",
        "check that the file is this task's and that its format is right",
    )
