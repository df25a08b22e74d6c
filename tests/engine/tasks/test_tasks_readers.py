"""Readers: files as they are found in the wild, and datasets, against rows written by hand."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.catalog import HubSource, TaskSpec, tasks
from engine.errors import DataError
from engine.tasks.hub import read_hub
from engine.tasks.readers import Row, Table, read_table, width
from tests.each import each

SST2, MR, SNLI, QQP, ANLI = (tasks()[name] for name in ("SST-2", "mr", "SNLI", "QQP", "anli"))


def table(folder: Path, text: str | bytes, spec: TaskSpec = SST2) -> Table:
    path = folder / f"file.{spec.format}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, spec)


def read_text(folder: Path, text: str | bytes, spec: TaskSpec = SST2) -> list[Row]:
    found = table(folder, text, spec)
    assert found.left_out == 0
    return found.rows


@each(
    ("text", "expected"),
    [
        ("sentence\tlabel\na b\t1\n", [("a b", "1")]),
        ("sentence\tlabel\na b\t1", [("a b", "1")]),
        ("\ufeffsentence\tlabel\na\t0\n", [("a", "0")]),
        ("sentence\tlabel\r\na\t0\r\nb\t1\r\n", [("a", "0"), ("b", "1")]),
        ('sentence\tlabel\nsay "no\t0\n"b" c\t1\n', [('say "no', "0"), ('"b" c', "1")]),
        ("sentence\tlabel\na\u2028b\u0085c\x0bd\t0\n", [("a\u2028b\u0085c\x0bd", "0")]),
        ("sentence\tlabel\na\rb\t0\n", [("a\rb", "0")]),
        ("sentence\tlabel\n🙂 film\t1\n", [("🙂 film", "1")]),
        ("sentence\tlabel\n\t1\n", [("", "1")]),
        ("sentence\tlabel\n\na\t1\n\n", [("a", "1")]),
        (f"sentence\tlabel\n{'film ' * 1000}\t1\n", [("film " * 1000, "1")]),
    ],
)
def test_tsv(tmp_path: Path, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(*row.texts, row.label) for row in read_text(tmp_path, text)] == expected


def test_csv_is_quoted_as_usual(tmp_path: Path) -> None:
    texts = ['say "no", twice', "two\nlines", "plain", "🙂, \u2028 and ''", "null", ""]
    with (tmp_path / "file.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("0", text) for text in texts])
    found = read_table(tmp_path / "file.csv", MR)
    assert found.rows == [Row((text,), "0") for text in texts]


@pytest.mark.parametrize("text", ["\ufeff0,a film\n", '\ufeff"0","a film"\r\n'])
def test_a_byte_order_mark_is_no_part_of_the_first_field(tmp_path: Path, text: str) -> None:
    assert read_text(tmp_path, text, MR) == [Row(("a film",), "0")]


def test_a_byte_order_mark_without_a_header(tmp_path: Path) -> None:
    assert read_text(tmp_path, "\ufeffx\t1\t\ta\n", tasks()["CoLA"]) == [Row(("a",), "1")]


def test_jsonl(tmp_path: Path) -> None:
    lines = [
        {"context": "tab\tand\nline \u2028", "hypothesis": "", "label": "e", "uid": 7},
        {"label": "n", "hypothesis": '"🙂"', "context": "b"},
    ]
    text = "".join(json.dumps(line, ensure_ascii=at == 0) + "\n" for at, line in enumerate(lines))
    assert read_text(tmp_path, text, ANLI) == [
        Row(("tab\tand\nline \u2028", ""), "e"),
        Row(("b", '"🙂"'), "n"),
    ]


def test_the_label_is_the_last_column_however_many_there_are(tmp_path: Path) -> None:
    head = "\t".join("abcdefghijk")
    seven = "\t".join("0123456")
    rows = [f"{seven}\tA\tB\tneutral\tneutral", f"{seven}\tC\t\tx\ty\tz\tx\ty\tentailment"]
    found = read_text(tmp_path, "\n".join([head, *rows, ""]), SNLI)
    assert found == [Row(("A", "B"), "neutral"), Row(("C", ""), "entailment")]


def test_a_sentence_is_never_taken_for_the_label(tmp_path: Path) -> None:
    """With two sentences in columns 7 and 8, the last of 9 columns is one of them."""
    assert (width(SNLI), width(SST2), width(QQP)) == (10, 2, 6)
    with pytest.raises(DataError, match=r"row 2 has 9 columns"):
        read_text(tmp_path, "head\n" + "\t".join("012345678") + "\n", SNLI)


def test_rows_without_a_label_are_left_out(tmp_path: Path) -> None:
    lines = ["\t".join([*"0123456", "A", "B", label]) for label in ("-", "neutral", "")]
    found = table(tmp_path, "\n".join(["head", *lines]), SNLI)
    assert (found.rows, found.left_out) == ([Row(("A", "B"), "neutral")], 2)


def test_ragged_rows_are_counted(tmp_path: Path) -> None:
    lines = ["1\t2\t3\ta?\tb?\t0", "1\t2\t3\ta?", "b?\t1", "4\t5\t6\tc?\t\t1"]
    found = table(tmp_path, "\n".join(["head", *lines]), QQP)
    assert found.rows == [Row(("a?", "b?"), "0"), Row(("c?", ""), "1")]
    assert found.left_out == 2
    assert len(found.records) == 4, "they take part in the shuffle"


def test_only_the_rows_of_where_are_the_tasks(tmp_path: Path) -> None:
    spec = tasks()["MNLI-letters"]
    lines = [
        "\t".join([*"012", genre, *"4567", "A", str(at), "x", "neutral"])
        for at, genre in enumerate(["letters", "fiction", "letters "])
    ]
    found = table(tmp_path, "\n".join(["head", *lines]), spec)
    assert (found.rows, found.left_out) == ([Row(("A", "0"), "neutral")], 0)
    where = ANLI.model_copy(update={"where": {"genre": "news"}})
    made = [{"context": g, "hypothesis": "b", "label": "c", "genre": g} for g in ("news", "wiki")]
    assert read_text(tmp_path, "\n".join(map(json.dumps, made)), where) == [Row(("news", "b"), "c")]


@pytest.mark.parametrize(
    ("spec", "text", "words"),
    [
        (
            SST2,
            "sentence\tlabel\na\t1\nno tab here\n",
            ["row 3", "1 columns", "SST-2", "text in [0]", "column 1", "no tab here"],
        ),
        (SST2, "sentence\tlabel\ncaf\xe9\t1\n".encode("latin-1"), ["is not UTF-8"]),
        (MR, "0,a\n1\n", ["row 2", "1 columns", "mr", "column 0"]),
        (ANLI, '{"context": "a"', ["row 1", "is not JSON"]),
        (ANLI, "[1]\n", ["row 1", "no JSON object", "[1]"]),
        (
            ANLI,
            '\n{"context": "a", "label": "e"}\n',
            ["row 2", "keys context, label", "key label", "hypothesis"],
        ),
    ],
)
def test_a_malformed_file_is_named(
    tmp_path: Path, spec: TaskSpec, text: str | bytes, words: list[str]
) -> None:
    with pytest.raises(DataError) as caught:
        read_text(tmp_path, text, spec)
    assert [w for w in [*words, f"file.{spec.format}"] if w not in caught.value.message] == []
    assert caught.value.hint


TEXT = st.text(st.characters(exclude_characters="\t\r\n\0", exclude_categories=["Cs"]), max_size=20)


@given(rows=st.lists(st.tuples(TEXT, st.sampled_from("01")), max_size=8), end=st.booleans())
def test_any_tsv_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], end: bool
) -> None:
    lines = ["sentence\tlabel", *("\t".join(row) for row in rows)]
    folder = tmp_path_factory.mktemp("any")
    found = read_text(folder, "\n".join(lines) + "\n" * end)
    assert found == [Row((text,), label) for text, label in rows]


CSV_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=20
)


@given(rows=st.lists(st.tuples(st.sampled_from("01"), CSV_TEXT), max_size=8))
def test_any_csv_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    with (folder / "made.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    found = read_table(folder / "made.csv", MR)
    assert found.rows == [Row((text,), label) for label, text in rows]


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a test lays jsonl files of a dataset; with a cache of its own."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    (tmp_path / "made").mkdir()
    return tmp_path / "made"


def hub_rows(dataset: Path, spec: TaskSpec, records: list[dict[str, Any]], **hub: Any) -> Table:
    (dataset / "train.jsonl").write_text("\n".join(map(json.dumps, records)))
    found = HubSource(path="owner/name", text=("a", "b")[: len(spec.text)], **hub)
    return read_hub(spec.model_copy(update={"hub": found}), str(dataset), ["train"])[0]


def test_class_numbers_of_a_dataset_become_labels(dataset: Path) -> None:
    records = [{"a": str(n), "b": "x", "label": n} for n in (0, 2, 1, -1)]
    order = ("entailment", "neutral", "contradiction")
    found = hub_rows(dataset, SNLI, records, labels=order)
    labels = ["entailment", "contradiction", "neutral"]
    assert found.rows == [Row((n, "x"), label) for n, label in zip("021", labels, strict=True)]
    assert found.left_out == 1
    written: list[dict[str, Any]] = [{"a": "t", "label": "1"}, {"a": "", "label": None}]
    assert hub_rows(dataset, SST2, written).rows == [Row(("t",), "1")]


def test_scores_of_a_dataset_stay(dataset: Path) -> None:
    records = [{"a": "s", "b": "t", "label": score} for score in (0.0, 1.25, 5.0, -1.0)]
    found = hub_rows(dataset, tasks()["STS-B"], records)
    assert [float(row.label) for row in found.rows] == [0.0, 1.25, 5.0]
    assert found.left_out == 1


def test_only_the_rows_of_a_datasets_where(dataset: Path) -> None:
    records = [{"a": g, "label": 1, "genre": g} for g in ("letters", "fiction", "letters")]
    found = hub_rows(dataset, SST2, records, where={"genre": "letters"})
    assert found.rows == [Row(("letters",), "1")] * 2
    assert len(found.records) == 2
