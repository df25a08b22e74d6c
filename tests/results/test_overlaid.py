"""Curves over each other: means and bands against numpy, shades against a naive rasterizer."""

import csv
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftui.measured import CurveKey, Series
from graftui.models import Run
from graftui.results.chart import Chart, Curve
from graftui.results.export.charts import to_csv
from graftui.results.overlaid import mean, overlaid
from graftui.results.peers import Peers
from graftui.show.bands import SHADE, shaded
from graftui.show.braille import Box, column_of, row_of
from graftui.show.pictures import to_svg
from graftui.show.plot import mark, plot

LOSS, DEV = CurveKey("train/loss"), CurveKey("dev/accuracy")


def run(id: str) -> Run:
    return Run(id=id, name=id, kind="finetune", config={}, config_hash="", created_at=0.0)


def test_a_band_is_mean_and_deviation_over_the_steps_that_all_have() -> None:
    values: Any = np.random.default_rng(1).normal(size=(3, 6))
    series = [
        Series(LOSS, tuple(range(first, 6)), tuple(row[first:])) for first, row in enumerate(values)
    ]
    curve = mean("a", series)
    shared = values[:, 2:]
    assert list(curve.xs) == [2, 3, 4, 5]
    assert curve.ys == pytest.approx(shared.mean(0))
    assert curve.highs == pytest.approx(shared.mean(0) + shared.std(0, ddof=1))
    assert curve.lows == pytest.approx(shared.mean(0) - shared.std(0, ddof=1))
    alone = mean("a", series[:1])
    assert (alone.lows, alone.highs) == ((), ())


def test_a_chart_a_quantity_a_curve_a_column() -> None:
    columns = [Peers("two", (run("a"), run("b")), ((), ())), Peers("one", (run("c"),), ((),))]
    loss = {id: Series(LOSS, (1, 2), (0.5, 0.25)) for id in "abc"}
    charts = overlaid(columns, {"a": [loss["a"], Series(DEV, (2,), (1.0,))], "b": [loss["b"]],
                                "c": [loss["c"]]})  # fmt: skip
    assert [(c.title, [curve.label for curve in c.curves]) for c in charts] == [
        ("train/loss", ["two", "one"]), ("dev/accuracy", ["two"]),
    ]  # fmt: skip
    apart = {"a": [Series(LOSS, (1,), (0.5,))], "b": [Series(LOSS, (2,), (0.5,))]}
    assert overlaid(columns, apart) == (), "they have no step in common"


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.5)), min_size=1, max_size=6),
    st.integers(4, 30), st.integers(2, 9),
)  # fmt: skip
def test_every_cell_between_the_ends_of_a_band_is_shaded(
    points: list[tuple[float, float]], width: int, height: int
) -> None:
    xs = list(range(len(points)))
    lows, highs = [y - wide for y, wide in points], [y + wide for y, wide in points]
    box = Box(0.0, float(max(1, len(xs) - 1)), -0.5, 1.5)
    curve = Curve("a", xs, [y for y, _ in points], lows, highs)
    cells = shaded([(7, curve)], box, width, height)
    for column in range(width):
        x = box.left + (column + 0.5) * (box.right - box.left) / width
        low, high = np.interp(x, xs, lows), np.interp(x, xs, highs)
        there = column <= column_of(xs[-1], box, width)
        covered = {row for row in cells if column in cells[row]}
        expected = set(range(row_of(high, box, height), row_of(low, box, height) + 1))
        assert covered == (expected if there else set())
        assert {cells[row][column] for row in covered} <= {7}


def test_the_band_lies_under_the_curve_and_makes_room_for_itself() -> None:
    chart = Chart("t", (Curve("a", [0, 1], [0.5, 0.5], [0.0, 0.0], [1.0, 1.0]),))
    drawn = plot(chart, 20, 9, 3)
    assert drawn is not None
    lines = ["".join(s.text for s in row.stretches) for row in drawn.rows]
    assert [set(line) == {SHADE} for line in lines] == [True] * 4 + [False] + [True] * 4
    bands = [stretch.band for row in drawn.rows for stretch in row.stretches]
    assert sum(bands) == 8 * 20
    broken = Chart("t", (Curve("a", [0, 1, 2], [0.5, 0.5, 0.5], [0.0, float("nan"), 0.0],
                               [1.0, 1.0, 1.0]),))  # fmt: skip
    assert plot(broken, 20, 9, 3) is not None


def test_a_file_has_every_point_and_a_picture_what_the_terminal_shows() -> None:
    band = Curve("a", [1, 2], [0.5, 0.75], [0.25, 0.5], [0.75, 1.0])
    drawn = Chart("=loss", (band, Curve("b", [1], [0.5])), levels=(("whole", 1.0),))
    assert list(csv.reader(io.StringIO(to_csv([drawn])))) == [
        ["chart", "curve", "x", "y", "low", "high"],
        ["'=loss", "a", "1", "0.5", "0.25", "0.75"],
        ["'=loss", "a", "2", "0.75", "0.5", "1.0"],
        ["'=loss", "b", "1", "0.5", "", ""],
        ["'=loss", "whole", "", "1.0", "", ""],
    ]
    picture = to_svg([drawn], "<curves>")
    assert picture.startswith("<svg")
    assert "&lt;curves&gt;" in picture
    assert SHADE in picture


def test_without_colours_each_curve_has_its_mark() -> None:
    """Each where its own curve runs, and none hides another."""
    columns = [Peers(id, (run(id),), ((),)) for id in "abc"]
    series = {
        id: [Series(LOSS, tuple(range(100)), (float(at),) * 100)] for at, id in enumerate("abc")
    }
    (chart,) = overlaid(columns, series)
    drawn = plot(chart, 60, 9, 3)
    assert drawn is not None
    rows = ["".join(stretch.text for stretch in row.stretches) for row in drawn.rows]
    for owner, row in enumerate((rows[-1], rows[4], rows[0])):
        others = {mark(n) for n in range(3)} - {mark(owner)}
        assert 3 <= row.count(mark(owner)) <= 8
        assert not others & set(row)
