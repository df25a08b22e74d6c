"""Figures for a paper: text stays text, the same bytes each time, and a plain word without them."""

import re
import sys

import numpy as np
import pytest

from graftui.errors import UsageError
from graftui.results.chart import Axis, Chart, Curve
from graftui.results.heat_tables import heat_table
from graftui.show.press import charts, matrices

XS = (1e-4, 1e-3, 1e-2)
EVIL = "a_b $c$ [/x] \x1b[31m"
CHART = Chart(
    "accuracy by size",
    (Curve(EVIL, XS, (0.5, 0.7, 0.9), (0.4, 0.6, 0.8), (0.6, 0.8, 1.0)),
     Curve("learnt", XS, (0.6, float("nan"), 0.8))),
    Axis(log=True, name="share of the maskable weights"),
    Axis(score="accuracy"),
    (("fine-tuned", 0.95),),
    marked=True,
)  # fmt: skip


def test_a_chart_as_svg_says_what_the_terminal_says() -> None:
    svg = charts.figure([CHART], "svg").decode()
    said = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert {"accuracy %", "share of the maskable weights", "10⁻³", "fine-tuned"} <= set(said)
    assert any(text.startswith("a_b $c$ [/x]") for text in said), "data is no markup"
    assert "\x1b" not in svg
    assert "<dc:date>" not in svg


def test_the_same_figure_is_the_same_bytes() -> None:
    small = Chart("loss", (Curve("a", (0, 1), (0.5, 0.25)),))
    for form in ("pdf", "svg"):
        whole = charts.figure([small], form)
        assert whole == charts.figure([small], form)
    assert b"CreationDate" not in (pdf := charts.figure([small], "pdf"))
    assert b"/Type3" not in pdf, "letters that cannot be searched"
    assert b"/FontFile2" in pdf


def test_a_matrix_has_its_figures_in_it() -> None:
    rows = ["one", EVIL]
    table = heat_table(rows, ["1", "2"], [[1.0, 0.25], [None, 1.0]], "{:.2f}".format, notes=["n"])
    levels = [[cell.level for cell in row.cells] for row in table.sections[0].rows]
    assert levels == [[4, 1], [None, 4]]
    svg = matrices.of_table(table, "svg").decode()
    assert [svg.count(f">{text}<") for text in ("1.00", "0.25", "–", "one", "n")] == [2, 1, 1, 1, 1]
    assert matrices.of_table(table, "png").startswith(b"\x89PNG")


def test_what_meets_itself_has_no_part_in_the_shades() -> None:
    apart = np.array([[1.0, 0.2], [0.1, 1.0]])
    assert matrices._ends(apart) == (0.0, 0.2)
    assert matrices._ends(np.array([[-0.5, 0.2]])) == (-0.5, 0.2)
    assert matrices._ends(np.array([[np.nan]])) == (0.0, 1.0)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match="not installed") as refused:
        charts.figure([CHART], "pdf")
    assert "graftui[figures]" in refused.value.hint


def test_shares_are_in_percent_along_both_axes() -> None:
    """As in a reliability diagram."""
    shares = Axis(score="accuracy", name="confidence %")
    chart = Chart("c", (Curve("a", (0.5, 1.0), (0.25, 0.75)),), shares, Axis(score="accuracy"))
    said = set(re.findall(r"<text[^>]*>([^<]*)</text>", charts.figure([chart], "svg").decode()))
    assert {"confidence %", "accuracy %", "100"} <= said
