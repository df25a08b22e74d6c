"""How curves are looked at, against plain oracles."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftui.measured import CurveExtent, CurveKey, Series
from graftui.models import Run, RunStatus
from graftui.results.chart import Chart, Curve
from graftui.results.curve_view import (
    EXAMPLES,
    STEP,
    TIME,
    Ruler,
    Span,
    View,
    changing,
    chart,
    described,
    ema,
    moved,
    over,
    ruler,
    value_at,
    within,
    zoomed,
)  # fmt: skip
from graftui.results.run_charts import outlines

numbers = st.floats(-1e6, 1e6)
LOSS, LR = CurveKey("train/loss"), CurveKey("train/lr")


def curve(points: Sequence[tuple[float, float]]) -> Curve:
    return Curve("a", [x for x, _ in points], [y for _, y in points])


points = st.lists(
    st.tuples(st.integers(0, 1000), numbers), min_size=1, max_size=30, unique_by=lambda at: at[0]
).map(lambda several: curve(sorted(several)))
spans = st.tuples(st.floats(0, 1000), st.floats(0, 1000)).map(lambda ends: tuple(sorted(ends)))


@given(st.lists(numbers | st.just(math.nan), max_size=30), st.sampled_from((0.0, 0.6, 0.97)))
def test_the_average_weighs_what_was_before(values: list[float], smooth: float) -> None:
    for n, mean in enumerate(ema(values, smooth)):
        known = [v for v in values[: n + 1] if not math.isnan(v)]
        if math.isnan(values[n]):
            assert math.isnan(mean)
            continue
        weights = [smooth**back for back in range(len(known))]
        expected = sum(w * v for w, v in zip(weights, reversed(known), strict=True)) / sum(weights)
        assert mean == pytest.approx(expected, rel=1e-6, abs=1e-6)


def line_at(whole: Curve, x: float) -> float:
    """On the line through the points, by each pair of them."""
    for (x0, y0), (x1, y1) in zip(whole.points, whole.points[1:], strict=False):
        if x0 <= x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return dict(whole.points)[x]


@given(points, spans)
def test_what_lies_within_is_the_line_as_it_was(whole: Curve, span: Span) -> None:
    seen = within(whole, span)
    assert all(span[0] <= x <= span[1] for x in seen.xs)
    assert list(seen.xs) == sorted(seen.xs)
    assert set(seen.points) >= {at for at in whole.points if span[0] <= at[0] <= span[1]}
    assert all(y == pytest.approx(line_at(whole, x), rel=1e-6, abs=1e-3) for x, y in seen.points)
    first, last = max(span[0], whole.xs[0]), min(span[1], whole.xs[-1])
    assert first > last or (seen.xs[0], seen.xs[-1]) == (first, last), "up to the ends"


@given(points, st.floats(-50, 1050))
def test_the_cursor_reads_the_closest_point(whole: Curve, x: float) -> None:
    point = value_at(whole, x)
    assert point in whole.points
    assert point
    assert abs(point[0] - x) == min(abs(other - x) for other in whole.xs)
    assert value_at(Curve("a", [], []), x) is None


@given(spans, st.floats(0, 1), st.sampled_from((0.5, 2.0)))
def test_zooming_keeps_what_is_under_the_cursor(ends: Span, share: float, factor: float) -> None:
    whole = (0.0, 1000.0)
    span = ends if ends[1] - ends[0] > 2 else (400.0, 500.0)
    at = span[0] + share * (span[1] - span[0])
    closer = zoomed(span, whole, at, factor)
    assert whole[0] <= closer[0] < closer[1] <= whole[1] + 1e-9
    assert closer[0] - 1e-6 <= at <= closer[1] + 1e-6
    length = min(1000.0, max(1.0, (span[1] - span[0]) * factor))
    assert closer[1] - closer[0] == pytest.approx(length)
    if factor < 1 and length > 1.0:
        assert (at - closer[0]) / length == pytest.approx(share, abs=1e-6)
    assert moved(closer, whole, 1e9)[1] == pytest.approx(whole[1])
    assert moved(closer, whole, -1e9)[0] == whole[0]


def run_of(kind: str, config: dict[str, object], **fields: object) -> Run:
    return Run(id="r", name="r", kind=kind, config=config, config_hash="", created_at=0.0,
               **fields)  # type: ignore[arg-type]  # fmt: skip


def test_x_is_step_examples_or_time_and_goes_to_the_planned_end() -> None:
    tune = run_of("finetune", {"train": {"steps": 400, "batch_size": 8}},
                  status=RunStatus.running, left_s=30.0)  # fmt: skip
    extents = [CurveExtent(LOSS, 1, 100), CurveExtent(CurveKey("dev/loss"), 0, 50)]
    moments = {"train": ([1, 2, 100], [1000.0, 1001.0, 1100.0]), "dev": ([0, 50], [999.0, 1050.0])}
    by = {along: ruler(tune, along, moments) for along in (STEP, EXAMPLES, TIME)}
    assert by[STEP].at("train", (1, 2)) == (1, 2)
    assert by[EXAMPLES].at("dev", (0, 50)) == [0, 400]
    assert by[TIME].at("train", (1, 100)) == [1.0, 101.0]
    assert math.isnan(by[TIME].at("train", (7,))[0])
    assert by[STEP].span(extents, planned=True) == (0, 400)
    assert by[STEP].span(extents, planned=False) == (0, 100)
    assert by[EXAMPLES].span(extents, planned=True) == (0, 3200)
    assert by[TIME].span(extents, planned=True) == (0.0, 131.0)
    assert by[TIME].span(extents, planned=False) == (0.0, 101.0)
    assert by[STEP].span([], planned=True) is None
    assert by[TIME].axis.label(101.0) == "1:41"
    graft = run_of("graft", {"steps": 40, "examples": 32})
    assert ruler(graft, EXAMPLES, {}).at("graft", (3,)) == [96]
    unknown = ruler(run_of("other", {"steps": "many"}), EXAMPLES, {})
    assert unknown.span([CurveExtent(LOSS, 1, 100)], planned=True) == (1, 100)


def test_smoothed_curves_lie_over_what_they_are_made_of() -> None:
    (outline,) = outlines([LOSS])
    series = {LOSS: Series(LOSS, (1, 2, 3), (4.0, 0.0, 2.0))}
    raw = chart(outline, series, View(), Ruler())
    assert [c.points for c in raw.curves] == [((1, 4.0), (2, 0.0), (3, 2.0))]
    smooth = chart(outline, series, View(smooth=0.6, log=True), Ruler())
    assert [c.faint for c in smooth.curves] == [True, False]
    assert smooth.curves[0].ys == raw.curves[0].ys
    assert smooth.named[0].ys == ema(raw.curves[0].ys, 0.6)
    assert smooth.y.log
    assert over(smooth, (1.5, 2.5)).span == (1.5, 2.5)
    assert all(1.5 <= x <= 2.5 for c in over(smooth, (1.5, 2.5)).curves for x in c.xs)
    timed = chart(
        outline, series, View(along=TIME), Ruler(TIME, {}, {"train": ([1, 3], [9.0, 8.0])})
    )
    assert timed.named[0].points == ((-1.0, 2.0), (0.0, 4.0)), "unknown left out, a clock set back"


def test_what_does_not_change_needs_no_chart() -> None:
    few, many = (CurveKey("graft/weights", (("sparsity", at),)) for at in (0.001, 0.01))
    size, same = CurveKey("graft/size", few.labels), CurveExtent(LR, 1, 9, 0.05)
    extents = [same, CurveExtent(LOSS, 1, 9), CurveExtent(few, 1, 9), CurveExtent(many, 1, 9, 3.0),
               CurveExtent(size, 1, 9, 7.0)]  # fmt: skip
    drawn, constant = changing(extents)
    assert [outline.keys for outline in drawn] == [(LOSS,), (few, many)], "a flat one beside others"
    assert set(constant) == {("train/lr", 0.05), ("graft/size 0.001", 7.0)}


def test_how_one_looks_is_said() -> None:
    whole = (0.0, 400.0)
    assert described(View(), Ruler(), whole, whole) == (
        "x step   y linear   not smoothed   to the planned end"
    )
    view = View(smooth=0.9, log=True, planned=False)
    assert described(view, Ruler(), (12, 80), whole) == (
        "x step   y logarithmic   smoothed 0.9   12 to 80 of 400"
    )
    with pytest.raises(ValueError, match="sideways"):
        View(along="sideways").checked()
    assert isinstance(over(Chart("t", ()), whole), Chart)
