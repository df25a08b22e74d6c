"""Readers: files of LM-BFF's layouts, and Hugging Face datasets, to labelled rows.

Owns file formats. Sampling and prompts are next door.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.contract.catalog import HubSource, TaskSpec
from engine.errors import DataError


@dataclass(frozen=True, slots=True)
class Row:
    """One example as it stands in the file."""

    texts: tuple[str, ...]
    """One sentence, or two."""
    label: str


def read_lines(path: Path, spec: TaskSpec) -> list[Any]:
    """The records of a file, unparsed: raw lines (tsv) or lists of fields (csv), no header.

    Raises DataError if the file is missing or is not UTF-8.
    """
    try:
        # utf-8-sig: some files of GLUE open with a byte order mark.
        with path.open(encoding="utf-8-sig", newline="") as file:
            if spec.format == "csv":
                records: list[Any] = list(csv.reader(file))
            else:
                # Not splitlines(): texts hold U+0085 and U+2028, which are no line ends here.
                records = [line.rstrip("\r") for line in file.read().split("\n")]
    except FileNotFoundError:
        raise DataError(
            f"there is no file {path}", "check task.data, task.k and task.data_seed"
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8: {error}", "convert it, e.g. with iconv") from None
    except csv.Error as error:
        raise DataError(f"{path} cannot be read as csv: {error}", "check its quotes") from None
    return [record for record in records[1 if spec.header else 0 :] if record]


def parse(record: Any, spec: TaskSpec, path: Path) -> Row:
    """The row of one record. Raises DataError if a column is missing."""
    fields = record.split("\t") if isinstance(record, str) else record
    try:
        texts = tuple(fields[column] for column in spec.text)
        return Row(texts, fields[spec.label].strip())
    except IndexError:
        raise DataError(
            f"{path}: a row of {len(fields)} columns, but {spec.name} has its label in column "
            f"{spec.label} and its text in {list(spec.text)}: {str(record)[:80]!r}",
            "check that the file is this task's and that its format is right",
        ) from None


def read_file(path: Path, spec: TaskSpec) -> list[Row]:
    """All rows of a file in LM-BFF's format for this task."""
    return [parse(record, spec, path) for record in read_lines(path, spec)]


def read_hub(hub: HubSource, path: str, labels: list[str]) -> tuple[list[Row], list[Row]]:
    """Training and test rows of a Hugging Face dataset (hub name or local folder).

    Class numbers become labels by their order in the catalog. Raises DataError when it
    cannot be had.
    """
    import datasets

    config = hub.config if path == hub.path else None
    try:
        loaded = datasets.load_dataset(path, config)
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError(
            f"cannot load the dataset {path!r}: {str(error).splitlines()[0]}",
            "where the hub is out of reach, give a folder in LM-BFF's layout as task.data, or a "
            "local copy as task.data=hub:/path/to/folder",
        ) from None
    missing = [split for split in (hub.train, hub.test) if split not in loaded]
    if missing:
        raise DataError(f"{path!r} has no split {missing[0]!r}; it has {', '.join(loaded)}")
    for split in (hub.train, hub.test):
        there = loaded[split].column_names
        absent = [column for column in (*hub.text, hub.label) if column not in there]
        if absent:
            raise DataError(f"{path!r} has no column {absent[0]!r}; it has {', '.join(there)}")
    train, test = (
        [_hub_row(record, hub, labels) for record in loaded[split]]
        for split in (hub.train, hub.test)
    )
    return train, test


def _hub_row(record: dict[str, Any], hub: HubSource, labels: list[str]) -> Row:
    value = record[hub.label]
    is_number = isinstance(value, int) and 0 <= value < len(labels)
    label = labels[value] if is_number else str(value)  # type: ignore[index]
    return Row(tuple(str(record[column]) for column in hub.text), label)
