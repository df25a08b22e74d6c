"""K-shot files: LM-BFF's folders K-SEED, byte for byte as its script writes them.

Owns how drawn records become files, and that a folder appears whole. Refuses to change a folder
that is there. Which records are drawn is next door.
"""

import csv
import io
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from engine.contract.catalog import TaskSpec
from engine.errors import DataError
from engine.tasks import sources
from engine.tasks.contents import Content
from engine.tasks.readers import Record, Row, Table, width


def write_kshot(spec: TaskSpec, source: str, out: Path, k: int, seed: int, mode: str) -> list[Path]:
    """Write `OUT/TASK/K-SEED/` with train, dev and test files; gives their paths.

    `source`: as task.data, a folder of the original layout or the hub; `mode`: as task.mode.
    Raises DataError, also if the folder is there already with other files.
    """
    folder = out / (spec.folder or spec.name) / f"{k}-{seed}"
    _refuse_outside(folder, out)
    source_files = sources.original(spec, source)
    sample = sources.draw(source_files.train, spec, k, seed, mode)
    files = {"train": _file(source_files.train, sample.train, spec)}
    files[spec.dev] = _file(source_files.train, sample.dev, spec)
    for name, table in source_files.tests.items():
        files[spec.tests.get(name, name)] = _file(table, table.records, spec)
    _put(folder, {f"{stem}.{spec.format}": content for stem, content in files.items()})
    return [folder / f"{stem}.{spec.format}" for stem in files]


def _file(table: Table, records: Iterable[Record], spec: TaskSpec) -> bytes:
    """The bytes of a file of these records, under the header of their table."""
    contents = [
        _made_up(record.row, spec) if record.row and record.content is None else record.content
        for record in records
    ]
    known = [content for content in contents if content is not None]
    header = table.header or _made_up_header(spec)
    if header:
        known.insert(0, header)
    text = io.StringIO(newline="")
    if spec.format == "csv":
        csv.writer(text, lineterminator="\n").writerows(known)
    else:
        # The last line of a file may lack its end, and stand elsewhere now.
        text.writelines(str(line).removesuffix("\n") + "\n" for line in known)
    return text.getvalue().encode()


def _made_up(row: Row, spec: TaskSpec) -> Content:
    """A row of the hub in the task's own format; columns that are not known stay empty."""
    values = (*row.texts, row.label)
    return _line([*spec.text, spec.label], values, spec, dict(spec.where))


def _made_up_header(spec: TaskSpec) -> Content | None:
    if not spec.header:
        return None
    names = [f"text{number}" for number, _ in enumerate(spec.text)]
    return _line([*spec.text, spec.label], [*names, "label"], spec, {})


def _line(
    places: Sequence[int | str], values: Sequence[str], spec: TaskSpec, where: dict[str, str]
) -> Content:
    if spec.format == "jsonl":
        record: dict[Any, str] = {**where, **dict(zip(places, values, strict=True))}
        return json.dumps(record, ensure_ascii=False)
    fields = [""] * width(spec)
    for column, value in (*where.items(), *zip(places, values, strict=True)):
        # Tabs and line ends cannot be written where nothing is quoted.
        fields[int(column)] = value if spec.format == "csv" else _one_line(value)
    return fields if spec.format == "csv" else "\t".join(fields)


def _one_line(text: str) -> str:
    return text.replace("\t", " ").replace("\r", " ").replace("\n", " ")


def _refuse_outside(folder: Path, out: Path) -> None:
    """A link may lead anywhere. What a task's block may name is checked in the catalog."""
    if not folder.resolve().is_relative_to(out.resolve()):
        raise DataError(
            f"{folder} leads to {folder.resolve()}, outside of {out}",
            "take that link away, or give the folder that it leads to as --out",
        )


def _put(folder: Path, files: dict[str, bytes]) -> None:
    """Make the folder whole: written beside its name, then renamed."""
    if folder.exists():
        there = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        if there == files:
            return
        raise DataError(
            f"{folder} is already there, with other files",
            "write to another folder, or move that one away",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = folder.with_name(f".{folder.name}.{os.getpid()}")
    made.mkdir()
    try:
        for name, content in files.items():
            (made / name).write_bytes(content)
        made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
