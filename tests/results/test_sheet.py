"""CSV that a spreadsheet runs nothing of."""

import csv
import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from graftui.results.export import grid, sheet
from tests.each import each


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@each(
    "text",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\tx", "\rx", " =1", "\n=1", '"=1', "'=1",
        "\u00a0=1", "\ufeff=1", "＝1", '=HYPERLINK("http://x","y")', "-2+cmd|' /C calc'!A0",
    ],
)  # fmt: skip
def test_a_formula_is_text(text: str) -> None:
    for row in read(sheet.text_of([text], [[text]])):
        assert row == [f"'{text}"]
    assert read(sheet.text_of([text], [[text]], raw=True)) == [[text], [text]]


@each("value", [-1, -0.5, 1e-4, "name", "a=b", "x-1", "it's", "", "[1]", None, [-1, 2], {"a": -1}])
def test_numbers_and_other_text_stay(value: Any) -> None:
    assert sheet.text_of(["head"], [[value]]) == sheet.text_of(["head"], [[value]], raw=True)


@given(st.lists(st.text(), min_size=2, max_size=2))
def test_no_cell_begins_as_a_formula_does(cells: list[str]) -> None:
    written = sheet.text_of(["a", "b"], [cells])
    for cell in csv.reader(io.StringIO(written, newline="")):
        for text in cell:
            assert not text.lstrip(' \n\x0b\x0c"\u00a0').startswith(tuple("=+-@\t\r"))


def test_a_table_for_a_paper_has_no_controls() -> None:
    name = "a\x1b[2J\nb|c"
    assert grid.markdown(["t"], [[name]]).splitlines()[2] == "| a\\\\x1b[2J b\\|c |"
    assert "\x1b" not in grid.latex(["t"], [[name]])
