"""Damaged and odd data files: read whole, or refused by file and row; never a part of it."""

import csv
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.catalog import TaskSpec, tasks
from engine.errors import DataError
from engine.tasks.readers import Row, Table, read_table
from tests.each import each

SST2, MR, COLA, STSB = (tasks()[name] for name in ("SST-2", "mr", "CoLA", "STS-B"))
JSONL = MR.model_copy(update={"name": "films", "format": "jsonl", "text": ("t",), "label": "l"})


def table(folder: Path, content: str | bytes, spec: TaskSpec) -> Table:
    path = folder / f"file.{spec.format}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, spec)


def refusal(folder: Path, content: str | bytes, spec: TaskSpec) -> str:
    with pytest.raises(DataError) as caught:
        table(folder, content, spec)
    assert caught.value.hint
    return f"{caught.value.message}\n{caught.value.hint}"


def labelled(*words: str) -> dict[str, Any]:
    masked = MR.masked.model_copy(update={"label_words": dict.fromkeys(words, "word")})
    return {"masked": masked, "causal": None}


def film_lines(count: int) -> list[str]:
    return [f"{at % 2},the film number {at} was fine" for at in range(count)]


@pytest.mark.parametrize("row", [0, 20, 38, 39])
def test_a_quote_that_never_closes_is_named_where_it_opens(tmp_path: Path, row: int) -> None:
    lines = film_lines(40)
    lines[row] = lines[row].replace(",", ',"')
    said = refusal(tmp_path, "\n".join(lines) + "\n", MR)
    assert f"file.csv, row {row + 1}: a quote" in said
    assert f"the {39 - row} lines after it" in said


@given(
    opens=st.integers(0, 39),
    closes=st.integers(0, 39),
    how=st.sampled_from(['{}"', '"{}', 'a "good" one', '"quoted, well"', '""{}']),
)
def test_no_row_goes_missing_however_quotes_stray(
    tmp_path_factory: pytest.TempPathFactory, opens: int, closes: int, how: str
) -> None:
    """Two odd rows among forty: either all forty are read, or the file is refused."""
    lines = film_lines(40)
    label, text = lines[closes].split(",", 1)
    lines[closes] = f"{label},{how.format(text)}"
    lines[opens] = lines[opens].replace(",", ',"')
    path = tmp_path_factory.mktemp("odd") / "file.csv"
    path.write_text("\n".join(lines))
    with suppress(DataError):
        assert len(read_table(path, MR).rows) == 40


def test_a_quote_that_closes_in_a_later_row_is_named(tmp_path: Path) -> None:
    lines = film_lines(9)
    lines[2], lines[6] = lines[2].replace(",", ',"'), f'{lines[6]}"'
    said = refusal(tmp_path, "\n".join(lines), MR)
    assert "row 3: a quote" in said
    assert "closes in line 7" in said


def test_texts_of_several_lines_stay_whole(tmp_path: Path) -> None:
    """Also a list within a text, whose lines are not the task's rows."""
    texts = ["one\ntwo, three\nfour", "3, 2, 1\n2, 1, 0", "7,seven\n8,eight", "a\r\n\r\nb"]
    with (tmp_path / "file.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("0", text) for text in texts])
    assert read_table(tmp_path / "file.csv", MR).rows == [Row((text,), "0") for text in texts]


def test_a_long_field_is_read(tmp_path: Path) -> None:
    text = 'said "ok", ' * 30_000
    with (tmp_path / "file.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("0", text), ("1", "b")])
    assert read_table(tmp_path / "file.csv", MR).rows == [Row((text,), "0"), Row(("b",), "1")]


def test_a_comma_of_a_text_that_is_not_quoted_is_named(tmp_path: Path) -> None:
    for at, lines in enumerate((["0,good, but long", "1,bad"], ["1,bad", "0,good, but long"])):
        assert f"row {at + 1} has 3 columns" in refusal(tmp_path, "\n".join(lines), MR)
    assert "row 2 has 5 columns" in refusal(tmp_path, "x\t1\t\ta\nx\t0\t\tb\tc\n", COLA)


def test_columns_that_some_rows_have_beyond_the_tasks_are_none_too_many(tmp_path: Path) -> None:
    """What spreadsheets leave behind a row, and a remark that one row lacks."""
    for lines in ("0,good,,\n1,bad", "0,good,said\n1,bad,said\n0,good"):
        read = table(tmp_path, lines, MR).rows
        assert [row.texts for row in read][:2] == [("good",), ("bad",)]


ROWS = [Row(("a b",), "1"), Row(("c",), "0")]


@each("end", ["\r", "\r\n", "\n", "\r\r\n"])
@each("last", [True, False])
@each("bom", ["", "\ufeff"])
@each(
    ("spec", "lines"),
    [
        (SST2, ["sentence\tlabel", "a b\t1", "c\t0"]),
        (COLA, ["x\t1\t\ta b", "x\t0\t\tc"]),
        (COLA.model_copy(update={"label": 0}), ["1\t\t\ta b", "0\t\t\tc"]),
        (MR, ["1,a b", "0,c"]),
        (JSONL, ['{"t": "a b", "l": 1}', '{"t": "c", "l": "0"}']),
    ],
)
def test_every_line_end_is_one(
    tmp_path: Path, spec: TaskSpec, lines: list[str], end: str, last: bool, bom: str
) -> None:
    assert table(tmp_path, bom + end.join(lines) + end * last, spec).rows == ROWS


def test_old_line_ends_with_a_new_one_at_the_end(tmp_path: Path) -> None:
    assert table(tmp_path, "sentence\tlabel\ra b\t1\rc\t0\n", SST2).rows == ROWS


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("sentence\tlabel\na\t1\n".encode("utf-16"), ["is UTF-16", "iconv"]),
        ("sentence\tlabel\na\t1\n".encode("utf-16-le"), ["line 1 holds a NUL", "UTF-16"]),
        (b"sentence\tlabel\na\t1\n\0\0\0\0", ["line 3 holds a NUL", "damaged"]),
        (b"sentence\tlabel\na\t1\ncaf\xe9\t1\n", ["line 3 is not UTF-8", "0xe9", "LATIN1"]),
        (b"\x1f\x8b\x08\x00", ["line 1 is not UTF-8", "0x8b"]),
    ],
)
def test_what_is_no_text_is_named(tmp_path: Path, content: bytes, words: list[str]) -> None:
    said = refusal(tmp_path, content, SST2)
    assert [word for word in ["file.tsv", *words] if word not in said] == []


def test_a_row_that_is_taken_for_the_header_is_doubted(tmp_path: Path) -> None:
    assert "first row, taken for the header" in table(tmp_path, "a\t1\nb\t0\n", SST2).doubt
    assert table(tmp_path, "sentence\tlabel\nb\t0\n", SST2).doubt == ""


def record(text: Any = "fine", label: Any = 1) -> str:
    return json.dumps({"t": text, "l": label}) + "\n"


@each("text", [["a", "b"], {"a": 1}, float("nan"), 3, 2.5, True, [], {}])
def test_json_that_is_no_text_is_named(tmp_path: Path, text: Any) -> None:
    said = refusal(tmp_path, record() + record(text), JSONL)
    assert f"file.jsonl, row 2: t is {json.dumps(text)}, which is no text" in said


def test_null_is_named(tmp_path: Path) -> None:
    assert "row 2 has null for t" in refusal(tmp_path, record() + record(None), JSONL)
    assert "row 1 has null for l" in refusal(tmp_path, record(label=None), JSONL)


def test_half_a_character_is_named(tmp_path: Path) -> None:
    said = refusal(tmp_path, record() + record("cut \ud83d off"), JSONL)
    assert r"row 2: t holds '\ud83d'" in said
    assert said.encode(), "it can be printed"
    whole = json.dumps("🙂")
    assert table(tmp_path, record("🙂") + f'{{"t": {whole}, "l": 0}}', JSONL).rows == [
        Row(("🙂",), "1"),
        Row(("🙂",), "0"),
    ]


@pytest.mark.parametrize("content", ["[" * 100_000, '{"t": "a", "l": 1', "1" * 5000, "{}{}"])
def test_what_is_no_json_object_is_named(tmp_path: Path, content: str) -> None:
    assert "file.jsonl, row 2" in refusal(tmp_path, record() + content, JSONL)


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (("false", "true"), [False, True, "true", "True"]),
        (("False", "True"), [False, True, "true"]),
        (("0", "1"), [0, 1, 0.0, 1.0, "1", "1.0", "1.00"]),
        (("0.0", "1.0"), [0, 1, 0.0, "1", "1.0"]),
        (("-1", "1"), [-1, 1.0, "-1.0"]),
    ],
)
def test_a_label_is_met_however_it_is_written(
    tmp_path: Path, words: tuple[str, ...], values: list[Any]
) -> None:
    spec = JSONL.model_copy(update=labelled(*words))
    found = table(tmp_path, "".join(record(label=value) for value in values), spec).rows
    wanted = [words[int(float(str(value).lower().replace("true", "1").replace("false", "0")) > 0)]
              for value in values]  # fmt: skip
    assert [row.label for row in found] == wanted


@each("label", [True, 2, 0.5, "yes", [1], {"a": 1}, "1 0", 1e30])
def test_a_label_of_another_task_is_named_with_those_there_are(tmp_path: Path, label: Any) -> None:
    said = refusal(tmp_path, record() + record(label=label), JSONL)
    assert f"file.jsonl, row 2 has the label {str(json.dumps(label)).strip(chr(34))!r}" in said
    assert "the labels of films are 0, 1" in said


def test_labels_of_other_formats_too(tmp_path: Path) -> None:
    assert table(tmp_path, "1.0,a b\n0.0,c\n", MR).rows == ROWS, "as pandas writes them with gaps"
    assert "row 1 has the label 'label'" in refusal(tmp_path, "label,text\n1,a b\n", MR)


@pytest.mark.parametrize("score", ["6", "-0.1", "nan", "x", ""])
def test_a_score_out_of_bounds_is_named(tmp_path: Path, score: str) -> None:
    lines = ["\t".join([*"0123456", "a", "b", value]) for value in ("2.5", score)]
    content = "\n".join(["head", *lines])
    if score:
        assert f"row 3 has the score {score!r}" in refusal(tmp_path, content, STSB)
    else:
        assert table(tmp_path, content, STSB).left_out == 1
