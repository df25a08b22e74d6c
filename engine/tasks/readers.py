"""Readers: files of LM-BFF's layouts, and Hugging Face datasets, to labelled rows.

Owns file formats: tsv (raw lines cut at tabs, never quoted), csv, jsonl. Refuses what is not UTF-8
and a row that lacks a column, unless the task has such rows. Sampling and prompts are next door.
"""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.contract.catalog import HubSource, TaskSpec
from engine.errors import DataError

Content = str | list[str]
"""A record as it stands in its file: the line with its end (tsv, jsonl), or the fields (csv)."""

UNLABELLED = ("-", "-1", "-1.0", "")
"""Where annotators did not agree (SNLI), or labels are kept back."""


@dataclass(frozen=True, slots=True)
class Row:
    """One example as it stands in the file."""

    texts: tuple[str, ...]
    """One sentence, or two."""
    label: str


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
    contents = [(at, content) for at, content in enumerate(_contents(path, spec), 1) if content]
    header = contents.pop(0)[1] if spec.header and contents else None
    records = []
    for number, content in contents:
        fields = _fields(content, spec, f"{path}, row {number}")
        if not _is_complete(fields, spec):
            if not spec.ragged:
                raise _lacking(f"{path}, row {number}", fields, spec)
            records.append(Record(None, content))
        elif _is_the_tasks(fields, spec):
            texts = [str(fields[place]) for place in spec.text]
            records.append(Record(_row(texts, str(fields[spec.label]), spec), content))
    return Table(path.name, records, header)


def _contents(path: Path, spec: TaskSpec) -> list[Content]:
    """Every record of the file with its header; an empty one for a blank line."""
    try:
        if spec.format == "csv":
            # utf-8-sig: a byte order mark before a quote would hide the quote.
            with path.open(encoding="utf-8-sig", newline="") as file:
                return list(csv.reader(file))
        # Not splitlines(): texts hold U+0085 and U+2028, which are no line ends here.
        with path.open(encoding="utf-8", newline="\n") as file:
            lines: list[Content] = [line if line.strip("\r\n") else "" for line in file]
    except FileNotFoundError:
        raise DataError(
            f"there is no file {path}", "check task.data, task.k and task.data_seed"
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8: {error}", "convert it, e.g. with iconv") from None
    except csv.Error as error:
        raise DataError(f"{path} cannot be read as csv: {error}", "check its quotes") from None
    if lines and not spec.header:
        # GLUE's files may open with a byte order mark; a header keeps it when it is written.
        lines[0] = str(lines[0]).removeprefix("\ufeff")
    return lines


def _fields(content: Content, spec: TaskSpec, place: str) -> Any:
    """The columns of a record: a list, or a dict for jsonl."""
    if isinstance(content, list):
        return content
    if spec.format == "tsv":
        return content.rstrip("\r\n").split("\t")
    try:
        found = json.loads(content)
    except json.JSONDecodeError as error:
        raise DataError(f"{place} is not JSON: {error}", "give one object a line") from None
    if not isinstance(found, dict):
        raise DataError(f"{place} is no JSON object: {content[:80]!r}", "give one object a line")
    return found


def _row(texts: Sequence[str], label: str, spec: TaskSpec) -> Row | None:
    """None for a row without a label."""
    label = label.strip()
    missing = label in UNLABELLED and label not in spec.labels
    return None if missing else Row(tuple(texts), label)


def _is_complete(fields: Any, spec: TaskSpec) -> bool:
    if isinstance(fields, dict):
        keys = (*spec.text, spec.label, *spec.where)
        return all(fields.get(key) is not None for key in keys)
    return len(fields) >= width(spec)


def width(spec: TaskSpec) -> int:
    """Fewest columns of a row: a label counted from the end must not fall on a sentence."""
    columns = [int(column) for column in (*spec.text, spec.label, *spec.where)]
    from_start = max((column + 1 for column in columns if column >= 0), default=0)
    return from_start + max((-column for column in columns if column < 0), default=0)


def _is_the_tasks(fields: Any, spec: TaskSpec) -> bool:
    if isinstance(fields, dict):
        return all(str(fields[key]) == value for key, value in spec.where.items())
    return all(fields[int(column)] == value for column, value in spec.where.items())


def _lacking(place: str, fields: Any, spec: TaskSpec) -> DataError:
    keyed = isinstance(fields, dict)
    there = f"the keys {', '.join(fields)}" if keyed else f"{len(fields)} columns"
    what = "key" if keyed else "column"
    return DataError(
        f"{place} has {there}, but {spec.name} has its text in {list(spec.text)} and its label in "
        f"{what} {spec.label}: {str(fields)[:80]}",
        "check that the file is this task's and that its format is right",
    )


def read_hub(spec: TaskSpec, path: str, splits: Sequence[str]) -> list[Table]:
    """Splits of a Hugging Face dataset (hub name or local folder), in the order asked.

    Class numbers become labels. Raises DataError when it cannot be had or lacks a split or column.
    """
    import datasets

    hub = spec.hub
    assert hub is not None  # check_task saw to it
    config = hub.config if path == hub.path else None
    try:
        loaded = datasets.load_dataset(path, config)
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError(
            f"cannot load the dataset {path!r}: {str(error).splitlines()[0]}",
            "where the hub is out of reach, give a folder in LM-BFF's layout as task.data, or a "
            "local copy as task.data=hub:/path/to/folder",
        ) from None
    for split in splits:
        if split not in loaded:
            raise DataError(f"{path!r} has no split {split!r}; it has {', '.join(loaded)}")
    return [_hub_table(loaded[split], split, path, spec, hub) for split in splits]


def _hub_table(split: Any, name: str, path: str, spec: TaskSpec, hub: HubSource) -> Table:
    needed = [*hub.text, hub.label, *hub.where]
    for column in needed:
        if column not in split.column_names:
            raise DataError(
                f"{path!r} has no column {column!r}; it has {', '.join(split.column_names)}"
            )
    columns = split.select_columns(needed)[:]
    records = []
    for number, value in enumerate(columns[hub.label]):
        if all(str(columns[key][number]) == wanted for key, wanted in hub.where.items()):
            texts = [str(columns[column][number]) for column in hub.text]
            records.append(Record(_row(texts, _hub_label(value, spec, hub), spec)))
    return Table(f"{path} ({name})", records)


def _hub_label(value: Any, spec: TaskSpec, hub: HubSource) -> str:
    """A class number becomes a label of ours; a score and a written label stay."""
    order = hub.labels or spec.labels
    numbered = spec.bounds is None and isinstance(value, int) and 0 <= value < len(order)
    return "" if value is None else order[value] if numbered else str(value)
