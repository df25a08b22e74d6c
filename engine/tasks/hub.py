"""Datasets of the Hugging Face hub, or copies of them on disk, to labelled rows.

Owns how splits and columns of `datasets` are found; texts and labels are as in files.
"""

import math
from collections.abc import Sequence
from typing import Any

from engine.contract.catalog import HubSource, TaskSpec
from engine.errors import DataError
from engine.tasks.labels import read_label, written_as
from engine.tasks.readers import Record, Row, Table, text_of


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
    return [_table(loaded[split], split, path, spec, hub) for split in splits]


def _table(split: Any, name: str, path: str, spec: TaskSpec, hub: HubSource) -> Table:
    needed = [*hub.text, hub.label, *hub.where]
    for column in needed:
        if column not in split.column_names:
            raise DataError(
                f"{path!r} has no column {column!r}; it has {', '.join(split.column_names)}"
            )
    columns = split.select_columns(needed)[:]
    records = []
    for number, value in enumerate(columns[hub.label]):
        if all(written_as(columns[key][number]) == wanted for key, wanted in hub.where.items()):
            where = f"{path} ({name}), row {number + 1}"
            label = read_label(_named(value, spec, hub), spec, where)
            texts = tuple(_text(columns[key][number], f"{where}: {key}") for key in hub.text)
            records.append(Record(None if label is None else Row(texts, label)))
    return Table(f"{path} ({name})", records)


def _named(value: Any, spec: TaskSpec, hub: HubSource) -> Any:
    """A class number becomes a label of ours; a score and a written label stay."""
    order = hub.labels or spec.labels
    numbered = spec.bounds is None and isinstance(value, int) and 0 <= value < len(order)
    return "" if value is None else order[value] if numbered else value


def _text(value: Any, where: str) -> str:
    """A text; `datasets` makes numbers of a csv's column where all texts are digits."""
    is_number = isinstance(value, int | float) and math.isfinite(value)
    return text_of(str(value) if is_number else value, where)
