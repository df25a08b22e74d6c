"""Sources: from a task's config to its rows, wherever they lie.

Owns which rows make up train, dev and the test sets: those of a k-shot folder, or drawn here from
original files or the hub. Refuses empty splits and classes without a dev row. Where files lie is in
the contract; their formats and the drawing itself are next door.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.contract.catalog import TaskSpec, tasks, unknown_task
from engine.contract.files import (
    MissingFiles,
    TaskFiles,
    first_test_file,
    on_hub,
    original_files,
    task_files,
)
from engine.contract.sections import TaskConfig
from engine.contract.shifted import OtherLabels, translation
from engine.errors import ConfigError, DataError
from engine.tasks.hub import read_hub
from engine.tasks.readers import Record, Row, Table, read_table
from engine.tasks.sampling import Sample, k_shot

DEV_RATIO = {"k-shot": 1, "k-shot-10x": 10}
"""task.mode -> dev rows for each training row."""


@dataclass(frozen=True, slots=True)
class Splits:
    """The rows of a task."""

    train: list[Row]
    dev: list[Row]
    tests: dict[str, list[Row]]
    """Name of a test set -> its rows; the first is the one that scores go by."""
    notes: tuple[str, ...] = ()
    """Sentences for the log: what is left out, what is fewer than asked."""


@dataclass(frozen=True, slots=True)
class Original:
    """A task before shots are drawn."""

    train: Table
    tests: dict[str, Table]


def read_rows(task: TaskConfig, spec: TaskSpec) -> Splits:
    """The rows of the task: train and dev of K a class, and the test sets.

    `task.data` is a folder holding `TASK/K-SEED/` (k-shot) or `TASK/` (original: drawn here), or
    the task's folder itself, or `hub`, or `hub:NAME`. Raises DataError.
    """
    paths: dict[str, Path] = {}
    if on_hub(task.data):
        splits = _drawn(original(spec, task.data), task, spec)
    else:
        with _as_data_errors():
            files = task_files(task, spec)
        splits = _stored(files, task, spec) if files.dev else _drawn(_read(files, spec), task, spec)
        paths = {"train": files.train, "dev": files.dev or files.train, **files.tests}
    for name, rows in {"train": splits.train, "dev": splits.dev, **splits.tests}.items():
        _refuse_empty(name, rows, str(paths.get(name, task.data)))
    tests = {name: some(rows, task.test_rows) for name, rows in splits.tests.items()}
    return Splits(splits.train, splits.dev, tests, splits.notes)


def some(rows: list[Row], count: int) -> list[Row]:
    """`count` rows drawn without a seed of the user's, in their order; 0, or too many: all.

    Not the first ones: files such as mr's test.csv are sorted by label.
    """
    if not 0 < count < len(rows):
        return rows
    drawn = np.random.RandomState(0).permutation(len(rows))[:count]
    return [rows[int(at)] for at in np.sort(drawn)]


def _stored(files: TaskFiles, task: TaskConfig, spec: TaskSpec) -> Splits:
    """The rows of a k-shot folder, as they are."""
    train, dev, *tested = (read_table(path, spec) for path in files.all)
    counts = Counter(class_of(row, spec) for row in train.rows)
    few = [
        f"{train.name} has {counts[label]} rows of label {label!r}, where task.k = {task.k}"
        for label in spec.labels
        if counts[label] < task.k
    ]
    notes = (*_doubts(train, dev, *tested), *few)
    return Splits(train.rows, dev.rows, _rows(dict(zip(files.tests, tested, strict=True))), notes)


def _drawn(source_files: Original, task: TaskConfig, spec: TaskSpec) -> Splits:
    sample = draw(source_files.train, spec, task.k, task.data_seed, task.mode)
    asked = task.k + DEV_RATIO[task.mode] * task.k
    few = [
        f"label {label!r} has {count} rows, fewer than the {asked} asked for: "
        f"{task.k} for train, {count - task.k} for dev"
        for label, count in sample.short.items()
    ]
    return Splits(
        train=[record.row for record in sample.train if record.row],
        dev=[record.row for record in sample.dev if record.row],
        tests=_rows(source_files.tests),
        notes=(*_doubts(source_files.train, *source_files.tests.values()), *few),
    )


def draw(train: Table, spec: TaskSpec, k: int, seed: int, mode: str) -> Sample[Record]:
    """K records a class for train and those of the mode for dev.

    Raises DataError where that leaves a class without a dev row.
    """
    _refuse_empty("train", train.rows, train.name)

    def label_of(record: Record) -> str | None:
        return class_of(record.row, spec) if record.row else None

    sample = k_shot(train.records, label_of, k, seed, DEV_RATIO[mode])
    counts = {label: sample.short.get(label, 0) for label in spec.labels}
    drawn = {label_of(record) for record in sample.dev}
    for label in spec.labels:
        if label not in drawn:
            most = min(counts[label] for label in spec.labels if label not in drawn) - 1
            raise DataError(
                f"task.k = {k} leaves no dev rows for label {label!r}, "
                f"which has {counts[label]} rows in {train.name}",
                f"set task.k to {most} or less"
                if most > 0
                else "each label needs two rows or more; check that the file is this task's",
            )
    return sample


def class_of(row: Row, spec: TaskSpec) -> str:
    """The label; of a regression, which half of the bounds its score lies in."""
    if spec.bounds is None:
        return row.label
    return spec.labels[float(row.label) >= sum(spec.bounds) / 2]


def original(spec: TaskSpec, source: str) -> Original:
    """The unsampled training rows and the test sets of `source` (as task.data).

    Raises DataError, also for a folder of the k-shot layout alone.
    """
    if on_hub(source):
        assert spec.hub is not None  # check_task saw to it
        names = [spec.hub.train, *spec.hub.tests.values()]
        train, *tests = read_hub(
            spec, source.removeprefix("hub").lstrip(":") or spec.hub.path, names
        )
        return Original(train, dict(zip(spec.hub.tests, tests, strict=True)))
    with _as_data_errors():
        files = original_files(source, spec)
    return _read(files, spec)


def _read(files: TaskFiles, spec: TaskSpec) -> Original:
    tests = {name: read_table(path, spec) for name, path in files.tests.items()}
    return Original(read_table(files.train, spec), tests)


@contextmanager
def _as_data_errors() -> Iterator[None]:
    try:
        yield
    except MissingFiles as error:
        raise DataError(error.message, error.hint) from None


def also_rows(name: str, task: TaskConfig, spec: TaskSpec) -> list[Row]:
    """The test rows of another task that is answered with the same words, under `spec`'s labels.

    They lie beside the task's own: in the same folder of tasks, or on the hub. Raises ConfigError
    for a task that is unknown or answers otherwise, DataError for one whose files are not there.
    """
    other = tasks().get(name)
    if other is None:
        raise ConfigError(f"task.also_test: {unknown_task(name)}")
    try:
        labels = translation(other, spec)
    except OtherLabels as error:
        raise ConfigError(error.message, error.hint) from None
    if on_hub(task.data):
        table = _hub_test(other, task, spec)
    else:
        with _as_data_errors():
            path = first_test_file(task, spec, other)
        table = read_table(path, other)
    rows = some(table.rows, task.test_rows)
    _refuse_empty("test", rows, name)
    return [Row(row.texts, labels.get(row.label, row.label)) for row in rows]


def _hub_test(other: TaskSpec, task: TaskConfig, spec: TaskSpec) -> Table:
    if other.hub is None:
        raise ConfigError(
            f"task.also_test: {other.name} is not on the hub", "give a folder as task.data"
        )
    assert spec.hub is not None  # check_task saw to it
    copy = task.data.removeprefix("hub").lstrip(":") if other.hub.path == spec.hub.path else ""
    first = next(iter(other.hub.tests.values()))
    return read_hub(other, copy or other.hub.path, [first])[0]


def _rows(tables: Mapping[str, Table]) -> dict[str, list[Row]]:
    return {name: table.rows for name, table in tables.items()}


def _doubts(*tables: Table) -> list[str]:
    """What to say of the files."""
    lacking = [
        f"{table.name}: {table.left_out} rows left out, which lack a column or a label"
        for table in tables
        if table.left_out
    ]
    return [table.doubt for table in tables if table.doubt] + lacking


def _refuse_empty(name: str, rows: list[Row], where: str) -> None:
    if not rows:
        raise DataError(f"{where}: there are no {name} rows", "check the file")
