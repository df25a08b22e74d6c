"""Where somebody is among curves, without a screen."""

import pytest

from graftui.results.curve_position import Position

WHOLE = (0.0, 100.0)


def test_a_cursor_stays_within_x_and_takes_what_is_seen_along() -> None:
    assert Position().pointing(140.0, WHOLE) == Position(cursor=100.0)
    near = Position(span=(20.0, 40.0), cursor=39.0)
    assert near.pointing(30.0, WHOLE) == Position(span=(20.0, 40.0), cursor=30.0)
    assert near.pointing(45.0, WHOLE) == Position(span=(25.0, 45.0), cursor=45.0)
    assert near.pointing(12.0, WHOLE) == Position(span=(12.0, 32.0), cursor=12.0)
    assert near.pointing(-5.0, WHOLE) == Position(span=(0.0, 20.0), cursor=0.0)


@pytest.mark.parametrize(
    ("around", "cursor", "fixed"), [(None, None, 50.0), (None, 20.0, 20.0), (10.0, 20.0, 10.0)]
)
def test_a_zoom_keeps_its_point_and_undone_is_nothing(
    around: float | None, cursor: float | None, fixed: float
) -> None:
    start = Position(cursor=cursor)
    closer = start.zoomed(0.5, WHOLE, around)
    assert closer.span is not None
    left, right = closer.span
    assert right - left == 50.0
    assert (fixed - left) / 50 == pytest.approx(fixed / 100), "the point is where it was"
    assert closer.zoomed(2.0, WHOLE, around) == start, "all of x is no stretch of it"


def test_a_stretch_follows_x_when_that_has_other_ends() -> None:
    assert Position(span=(80.0, 120.0)).shown(WHOLE) == (60.0, 100.0)
    assert Position().shown(WHOLE) == WHOLE
    assert Position(span=(1.0, 2.0)).shown(None) is None


def test_out_undoes_one_thing_at_a_time_and_then_nothing() -> None:
    position = Position(chart=3, alone=True, cursor=5.0).dragged(30.0, 10.0)
    assert position.span == (10.0, 30.0)
    positions = [position]
    while (outer := positions[-1].out()) is not None:
        positions.append(outer)
    assert positions[1:] == [
        Position(3, span=(10.0, 30.0), cursor=5.0), Position(3, cursor=5.0), Position(3)
    ]  # fmt: skip
    assert position.reset() == Position(3)
    assert Position().dragged(4.0, 4.0) == Position(cursor=4.0), "a stretch of no length"


def test_a_chart_that_is_not_there_is_the_nearest() -> None:
    assert Position().at_chart(100_000, 12).chart == 11
    assert Position().at_chart(-1, 12).chart == Position(4).at_chart(4, 0).chart == 0
