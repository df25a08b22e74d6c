"""Curves and words: pure functions against plain oracles."""

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.theme import BUILTIN_THEMES

from graftui.models import Run, RunStatus, Score, Series
from graftui.results.figures import file_size
from graftui.results.times import age, duration
from graftui.show.braille import Box, Canvas, columns_of, reduce, ticks
from graftui.show.states import state
from graftui.text import spelt
from graftui.tui.cells import columns
from graftui.tui.charts import charts, finite, over_sizes, shares
from graftui.tui.text import palette
from graftui.tui.widgets import plot
from graftui.tui.widgets.plot import Curve, Look, Plot

COLOURS = dict.fromkeys(("foreground", "text-muted", *plot.COLOURS), "#ffffff")


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
    loss, accuracy = charts(["dev/accuracy", "dev/loss", "train/loss"])
    assert (loss.title, loss.labels, loss.names) == (
        "loss", ("dev", "train"), ("dev/loss", "train/loss")
    )  # fmt: skip
    assert (accuracy.title, accuracy.names) == ("accuracy", ("dev/accuracy",))
    assert charts(["graft/loss@0.001"])[0].labels == ("0.001",)


@given(st.lists(st.text(max_size=9), unique=True, max_size=99))
def test_every_curve_is_in_one_chart_of_a_few(names: list[str]) -> None:
    found = charts(names)
    assert sorted(name for chart in found for name in chart.names) == sorted(names)
    assert all(len(chart.names) == len(chart.labels) <= 12 for chart in found)


@given(
    st.lists(st.floats(width=64), min_size=1, max_size=40), st.integers(1, 90), st.integers(1, 30)
)
def test_whatever_was_measured_is_drawn_in_its_size(
    values: list[float], width: int, height: int
) -> None:
    series = finite(Series("loss", tuple(range(len(values))), tuple(values)))
    drawn = Plot("loss", (Curve("x", series),)).draw(Look(width, height, COLOURS, Style()))
    assert [strip.cell_length for strip in drawn] == [width] * height


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
    (drawn,) = over_sizes([whole, dev, *grafts])
    level, learnt = drawn.curves
    assert drawn.title == "accuracy % by size"
    assert (level.label, learnt.label) == ("pretrained", "learnt graft")
    assert learnt.series.values == pytest.approx((70, 90))
    assert [10 ** (x / 1000) for x in learnt.series.steps] == pytest.approx([2e-4, 1e-2], rel=2e-3)
    assert (level.series.steps, level.series.values) == (learnt.series.steps, (50, 50))
    assert shares(*learnt.series.steps) == ("2.0e-4", "0.01 of the weights")
    assert over_sizes([whole, dev, grafts[0]]) == [], "one graft is no curve"


@pytest.mark.parametrize("width", [80, 100, 107, 108, 116, 120, 136, 150, 220])
def test_columns_fit(width: int) -> None:
    shown = columns(width)
    assert sum(column.width + 2 for column in shown) <= width
    assert {"status", "id", "name", "task", "progress", "tuned"} <= {c.name for c in shown}


def test_times_and_sizes() -> None:
    assert [age(s) for s in (3, 70, 7300, 2e6)] == ["3s", "1m", "2h", "23d"]
    times = (None, -1, 3.2, 65, 3725)
    assert [duration(s, narrow=True) for s in times] == ["", "0s", "3s", "1:05", "1:02:05"]
    assert [duration(s) for s in times] == ["", "0 s", "3 s", "1:05 min", "1:02 h"]
    assert [file_size(n) for n in (999, 1500, 2_000_000)] == ["999 B", "1.5 kB", "2 MB"]


def test_each_standing_has_a_glyph_of_its_own_in_every_terminal() -> None:
    run = Run(id="x", name="x", kind="graft", config={}, config_hash="", created_at=0.0)
    told = [state(replace(run, status=status)) for status in RunStatus]
    running = replace(run, status=RunStatus.running)
    told += [state(replace(running, condition=word)) for word in ("stalled", "elsewhere")]
    assert len({look.glyph for look in told}) == len(told) == len({look.word for look in told})
    letters = [spelt(look.glyph, "ascii") for look in told]
    assert all(len(letter) == 1 for letter in letters)
    assert len(set(letters)) == len(letters)
    finished = replace(run, status=RunStatus.finished, condition="elsewhere")
    assert state(finished).word == "finished"


@pytest.mark.parametrize("name", sorted(BUILTIN_THEMES))
def test_every_theme_has_our_colours(name: str) -> None:
    theme = BUILTIN_THEMES[name]
    found = palette(theme.to_color_system().generate() | theme.variables)
    assert all(Style(color=colour) for colour in found.values())


def test_the_first_paint_waits_for_no_heavy_import() -> None:
    code = "import sys, graftui.tui.app; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    heavy = {"torch", "transformers", "datasets", "numpy", "pydantic", "sqlite_utils", "pandas"}
    assert not heavy & set(loaded)
