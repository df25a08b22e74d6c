"""Charts in cells: the lines, the scales, and that both fronts draw the same."""

import io
import math

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rich.style import Style

from graftui.measured import CurveKey, Score, Series
from graftui.results.chart import Axis, Chart, Curve
from graftui.results.run_charts import outlines, over_sizes
from graftui.show import charts as printing
from graftui.show.braille import Box, Canvas, columns_of, reduce, ticks
from graftui.show.plot import plot
from graftui.terminal import Console
from graftui.tui.plot import COLOURS, Look, draw

PALETTE = dict.fromkeys(("foreground", "text-muted", *COLOURS), "#ffffff")
AXES = (Axis(), Axis(log=True))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=3000), st.integers(4, 200))
def test_reducing_keeps_the_extremes_of_every_column(values: list[float], dots: int) -> None:
    steps = range(len(values))
    box = Box(0, max(len(values) - 1, 1), min(values), max(values))
    points = reduce(steps, values, box, dots)
    assert len(points) <= 2 * dots + 2
    assert (min(y for _, y in points), max(y for _, y in points)) == (min(values), max(values))
    assert all(values[int(x)] == y for x, y in points)
    assert points == sorted(points, key=lambda point: point[0])


def test_a_straight_line_is_a_diagonal() -> None:
    drawn = columns_of([(0, 0), (7, 7)], Box(0, 7, 0, 7), 8, 8)
    assert all(drawn[x] & 1 << (7 - x) and drawn[x].bit_count() <= 2 for x in range(8))


def test_a_line_has_no_gaps() -> None:
    drawn = columns_of([(0, 0), (3, 31), (20, 5)], Box(0, 20, 0, 31), 40, 32)
    for left, right in zip(drawn, drawn[1:], strict=False):
        assert left
        # Neighbouring columns share a row, or their ends are next to each other.
        assert left & (right | right << 1 | right >> 1)


def test_cells_say_whose_they_are() -> None:
    canvas = Canvas(2, 1)
    canvas.draw([0b0001, 0, 0, 0], owner=3)
    assert canvas.line(0) == [("⠁", 3), (" ", -1)]
    canvas.draw([0, 0b1000, 0, 0], owner=4)
    assert canvas.line(0) == [("⢁", 4), (" ", -1)]


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 12))
def test_ticks_are_few_and_within(low: float, span: float, most: int) -> None:
    high = low + span
    found = ticks(low, high, most)
    assert 1 <= len(found) <= most
    slack = span / 1e6 + 1e-9 * (abs(low) + span)
    assert all(low - slack <= tick <= high + slack for tick in found)


def test_curves_of_one_thing_share_a_chart() -> None:
    dev, train, right = map(CurveKey, ("dev/loss", "train/loss", "dev/accuracy"))
    loss, accuracy = outlines([right, dev, train])
    assert (loss.title, loss.labels, loss.keys) == ("loss", ("dev", "train"), (dev, train))
    assert (accuracy.title, accuracy.keys) == ("accuracy", (right,))
    sizes = [CurveKey("graft/loss", (("sparsity", s),)) for s in (0.001, 0.01)]
    assert [outline.labels for outline in outlines(sizes)] == [("0.001", "0.01")]
    read = loss.of({train: Series(train, (1, 2), (0.5, 0.4))})
    assert [(curve.label, curve.points) for curve in read.curves] == [
        ("train", ((1, 0.5), (2, 0.4)))
    ]


@given(st.lists(st.text(max_size=9), unique=True, max_size=99))
def test_every_curve_is_in_one_chart_of_a_few(names: list[str]) -> None:
    keys = [CurveKey(name) for name in names]
    found = outlines(keys)
    assert sorted(key for chart in found for key in chart.keys) == sorted(keys)
    assert all(len(chart.keys) == len(chart.labels) <= 12 for chart in found)


@given(
    st.lists(st.floats(width=64), min_size=1, max_size=40), st.integers(1, 90), st.integers(1, 30),
    st.sampled_from(AXES), st.sampled_from(AXES), st.booleans(),
)  # fmt: skip
def test_whatever_was_measured_is_drawn_in_its_size(
    values: list[float], width: int, height: int, x: Axis, y: Axis, marked: bool
) -> None:
    chart = Chart("loss", (Curve("x", range(len(values)), values),), x, y, marked=marked)
    drawn = draw(chart, Look(width, height, PALETTE, Style()))
    assert [strip.cell_length for strip in drawn] == [width] * height


def test_a_power_is_a_straight_line_between_logarithmic_axes() -> None:
    xs = [10 ** (n / 10) for n in range(41)]
    curve = Curve("c", xs, [x**-2 for x in xs])
    drawn = plot(Chart("t", (curve,), Axis(log=True), Axis(log=True)), 41, 41, 5)
    assert drawn
    shape = ["".join(stretch.text for stretch in row.stretches) for row in drawn.rows]
    for n, row in enumerate(shape):
        assert {column for column, char in enumerate(row) if char != " "} <= {n - 1, n, n + 1}
        assert row[n] != " "
    labels = {row.label: n for n, row in enumerate(drawn.rows) if row.label}
    assert labels == {"1": 0, "1e-2": 10, "1e-4": 20, "1e-6": 30, "1e-8": 40} | {
        f"1e-{n}": 5 * n for n in (1, 3, 5, 7)
    }
    assert drawn.foot.split() == ["1", "1e1", "1e2", "1e3", "1e4"]
    assert sorted(drawn.ticks) == [0, 10, 20, 30, 40]


def test_within_a_decade_there_are_labels_too() -> None:
    chart = Chart("t", (Curve("c", (2e-4, 7e-4), (1, 2)),), Axis(log=True))
    drawn = plot(chart, 60, 8, 3)
    assert drawn
    assert drawn.foot.split() == ["2e-4", "5e-4"]


CURVES = st.lists(
    st.dictionaries(st.integers(1, 999), st.floats(-5, 5), min_size=1, max_size=9).map(
        lambda found: tuple(sorted(found.items()))
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@hypothesis_settings(max_examples=20)
@given(CURVES, st.sampled_from(AXES), st.booleans())
def test_both_fronts_draw_the_same(
    found: list[tuple[tuple[int, float], ...]], x: Axis, marked: bool
) -> None:
    curves = tuple(Curve(f"c{n}", *zip(*points, strict=True)) for n, points in enumerate(found))
    chart = Chart("title", curves, x, levels=(("level", 0.5),), marked=marked)
    console = Console(width=80, file=io.StringIO(), record=True)
    printing.show([chart], console)
    printed = [line.ljust(80)[7:] for line in console.export_text().split("\n")]
    strips = [strip.text[7:] for strip in draw(chart, Look(80, 16, PALETTE, Style()))]
    assert strips[1:15] == printed[1:15]
    assert strips[15].rstrip() == printed[16].rstrip()


def test_several_grafts_make_a_curve_over_their_size() -> None:
    """At the size that was reached; whole models are levels from end to end."""
    grafts = [
        Score(
            "learnt_graft", "test", {"sparsity": asked}, {"accuracy": accuracy, "fraction": share}
        )
        for asked, share, accuracy in ((1e-2, 1e-2, 0.9), (1e-4, 2e-4, 0.7))
    ]
    dev = Score("learnt_graft", "dev", {"sparsity": 1e-4}, {"accuracy": 0.1})
    whole = Score("pretrained", "test", {}, {"accuracy": 0.5})
    drawn = over_sizes([whole, dev, *grafts])
    assert drawn
    assert drawn == over_sizes([whole, dev, *grafts]), "the same is not drawn again"
    (learnt,) = drawn.curves
    assert (drawn.title, learnt.label) == ("accuracy % by size", "learnt graft")
    assert learnt.points == ((2e-4, 0.7), (1e-2, 0.9))
    assert drawn.levels == (("pretrained", 0.5),)
    lines = [strip.text for strip in draw(drawn, Look(60, 12, PALETTE, Style()))]
    assert "● learnt graft 90.0  ╌ pretrained 50.0" in lines[0]
    assert lines[-1].split() == ["1e-3", "1e-2", "of", "the", "weights"] or "1e-3" in lines[-1]
    assert sum(line.count("●") for line in lines[1:]) == 2
    assert sum("╌" in line for line in lines[1:]) == 1
    assert over_sizes([whole, dev, grafts[0]]) is None, "one graft is no curve"


def test_no_place_on_a_logarithmic_axis_below_zero() -> None:
    axis = Axis(log=True)
    assert [axis.has(v) for v in (-1, 0, 1e-320, math.nan, math.inf, 1e299)] == [
        False, False, True, False, False, True,
    ]  # fmt: skip
    assert not axis.has_all((1.0, math.nan))
    assert not Axis().has_all((math.inf,))
    assert axis.has_all(())
