"""Every task of the catalog reads its own files: odd rows written here, and the real ones.

Where each file has its columns is written down here once more, by hand, from REFERENCE.md.
"""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

import pandas
import pytest

from engine.contract.catalog import TaskSpec, tasks
from engine.contract.sections import TaskConfig
from engine.data import label_of
from engine.errors import DataError
from engine.tasks.readers import Row, read_table
from engine.tasks.sources import read_rows


@dataclass(frozen=True)
class Layout:
    """How a task's files look."""

    width: int
    """Columns of train and dev."""
    texts: tuple[int, ...]
    label: int
    header: bool = True
    ending: str = "tsv"
    test_width: int = 0
    """Columns of the test files, where they differ (the label stays the last)."""
    dev: str = "dev"
    tests: tuple[str, ...] = ("test",)
    genre: str = ""
    """Value of column 3."""


CSV = Layout(2, (1,), 0, header=False, ending="csv")
TWO = Layout(2, (0,), 1)
MNLI = Layout(12, (8, 9), 11, test_width=16, dev="dev_matched", tests=("test_matched",))
LAST = Layout(4, (1, 2), 3)
LAYOUTS = {
    **dict.fromkeys(["SST-2", "imdb", "yelp_polarity", "amazon_polarity", "ag_news"], TWO),
    **dict.fromkeys(["pocket-film", "pocket-food", "pocket-topic"], TWO),
    "pocket-agreement": Layout(3, (0, 1), 2),
    **dict.fromkeys(["sst-5", "mr", "cr", "mpqa", "subj", "trec"], CSV),
    "CoLA": Layout(4, (3,), 1, header=False),
    "MRPC": Layout(5, (3, 4), 0),
    "QQP": Layout(6, (3, 4), 5),
    "STS-B": Layout(10, (7, 8), 9),
    "MNLI": Layout(**{**vars(MNLI), "tests": ("test_matched", "test_mismatched")}),
    "MNLI-telephone": Layout(**{**vars(MNLI), "genre": "telephone"}),
    "MNLI-government": Layout(**{**vars(MNLI), "genre": "government"}),
    "MNLI-letters": Layout(**{**vars(MNLI), "genre": "letters", "tests": ("test_mismatched",)}),
    "MNLI-facetoface": Layout(
        **{**vars(MNLI), "genre": "facetoface", "tests": ("test_mismatched",)}
    ),
    "SNLI": Layout(11, (7, 8), 10, test_width=14),
    **dict.fromkeys(["QNLI", "RTE", "wnli"], LAST),
    "hans": Layout(11, (5, 6), 0),
    "anli": Layout(0, (0, 1), 2, header=False, ending="jsonl"),
}

ODD = [
    ("plain .", "Another ."),
    ('"quoted" and "', '"""'),
    ("🙂 film", "naïve café"),
    ("a\u2028b\u0085c\x0b", "d\x0ce"),
    ("film " * 1000, "short"),
    (" spaces around ", "no second:"),
    ("null", ""),
    ("comma, comma", "NA"),
    ("<mask> </s> [SEP]", "*sent_0* _"),
]


def odd_rows(spec: TaskSpec, shift: int) -> list[Row]:
    """Odd texts under each label in turn."""
    labels = ["0", "2.5", "4.75", "5.000"] if spec.bounds else list(spec.labels)
    both = len(spec.text)
    return [
        Row(texts[:both], labels[(at + shift) % len(labels)])
        for at, texts in enumerate(ODD * (2 if len(labels) > 4 else 1))
    ]


def write(path: Path, rows: list[Row], layout: Layout, width: int, end: str) -> None:
    """A file of these rows, other columns filled with what must not be read."""
    if layout.ending == "jsonl":
        records = [
            {"uid": at, "context": row.texts[0], "hypothesis": row.texts[1], "label": row.label}
            for at, row in enumerate(rows)
        ]
        lines = [json.dumps(record, ensure_ascii=bool(at % 2)) for at, record in enumerate(records)]
        path.write_bytes("".join(line + end for line in lines).encode())
        return
    label = width - 1 if layout.label == layout.width - 1 else layout.label
    table = [["head"] * width] if layout.header else []
    for row in rows:
        fields = [f"filler {column}" for column in range(width)]
        for column, text in zip(layout.texts, row.texts, strict=True):
            fields[column] = text
        fields[label] = row.label
        if layout.genre:
            fields[3] = layout.genre
        table.append(fields)
    if layout.ending == "csv":
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator=end).writerows(table)
        path.write_bytes(out.getvalue().encode())
    else:
        path.write_bytes("".join("\t".join(fields) + end for fields in table).encode())


def test_every_task_is_looked_at() -> None:
    assert set(LAYOUTS) == set(tasks())


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_odd_rows_come_back(tmp_path: Path, name: str, end: str) -> None:
    spec, layout = tasks()[name], LAYOUTS[name]
    folder = tmp_path / "16-13"
    folder.mkdir()
    wide = layout.test_width or layout.width
    widths = {"train": layout.width, layout.dev: layout.width, **dict.fromkeys(layout.tests, wide)}
    made = {stem: odd_rows(spec, at) for at, stem in enumerate(widths)}
    for stem, rows in made.items():
        write(folder / f"{stem}.{layout.ending}", rows, layout, widths[stem], end)
    found = read_rows(TaskConfig(name=name, data=str(tmp_path)), spec)
    assert found.train == made["train"]
    assert found.dev == made[layout.dev]
    assert list(found.tests.values()) == [made[stem] for stem in layout.tests]
    assert all(0 <= label_of(row, spec) < len(spec.labels) for row in found.train)
    assert not [note for note in found.notes if "left out" in note]


REAL = ["sst-5", "mr", "subj", "trec", "ag_news", "SST-2", "CoLA", "MRPC", "QQP", "STS-B", "MNLI"]
REAL += ["SNLI"]
TESTED = {"sst-5": 2210, "mr": 2000, "subj": 2000, "trec": 500, "ag_news": 7600}
TESTED |= {"SST-2": 872, "CoLA": 1043, "MRPC": 408, "STS-B": 1500}
"""Rows of the test files that are there."""


def cut(path: Path, layout: Layout) -> list[Row]:
    """The rows of a file, cut without the reader."""
    if layout.ending == "csv":
        table = pandas.read_csv(path, header=None, dtype=str, keep_default_na=False)
        return [Row((text,), label) for label, text in table.itertuples(index=False)]
    lines = [line.rstrip(b"\r") for line in path.read_bytes().split(b"\n")]
    fields = [line.decode().split("\t") for line in lines if line][layout.header :]
    at_end = layout.label == layout.width - 1
    return [
        Row(tuple(row[column] for column in layout.texts), row[-1 if at_end else layout.label])
        for row in fields
    ]


@pytest.mark.shared
@pytest.mark.parametrize("name", REAL)
def test_real_files_are_read(shared: Path, name: str) -> None:
    spec, layout = tasks()[name], LAYOUTS[name]
    folder = shared / "data/lm-bff/k-shot" / name / "16-13"
    config = TaskConfig(name=name, data=str(folder.parents[1]))
    read = {
        stem: read_table(folder / f"{stem}.{layout.ending}", spec) for stem in ("train", layout.dev)
    }
    if name in TESTED:
        splits = read_rows(config, spec)
        assert splits.notes == ()
        assert len(splits.tests["test"]) == TESTED[name]
        assert splits.tests["test"] == cut(folder / f"test.{layout.ending}", layout)
        assert (splits.train, splits.dev) == (read["train"].rows, read[layout.dev].rows)
    else:
        missing = f"no file .*16-13/{layout.tests[0]}.tsv, which holds the test rows of {name}"
        with pytest.raises(DataError, match=missing) as caught:
            read_rows(config, spec)
        assert "original layout" in caught.value.hint
    for stem, table in read.items():
        rows = table.rows
        assert rows == cut(folder / f"{stem}.{layout.ending}", layout)
        assert len(rows) == 16 * len(spec.labels)
        assert all(text.strip() for row in rows for text in row.texts)
        assert {int(label_of(row, spec) + 0.5 * bool(spec.bounds)) for row in rows} == set(
            range(len(spec.labels))
        )
