"""The band around a curve as shaded cells: from a mean less its deviation to the mean and that.

Owns which cells it covers, and whose a cell is where bands meet. Pure.
"""

from bisect import bisect_left
from collections.abc import Sequence

from graftui.results.chart import Curve
from graftui.show.braille import Box, column_of, row_of

SHADE = "░"
"""Tells from the dots of a curve without colours; graftui.text has its twin."""


def shaded(
    curves: Sequence[tuple[int, Curve]], box: Box, width: int, height: int
) -> dict[int, dict[int, int]]:
    """Row -> column -> owner of the band there: the first, where several would be.

    `curves`: by owner, as they lie along the axes.
    """
    by_row: dict[int, dict[int, int]] = {}
    across = (box.right - box.left) / max(1, width)
    for owner, curve in curves:
        if not curve.lows or not curve.xs:
            continue
        first, last = (column_of(curve.xs[end], box, width) for end in (0, -1))
        for column in range(max(0, first), min(width - 1, last) + 1):
            low, high = _at(curve, box.left + (column + 0.5) * across)
            for row in range(row_of(high, box, height), row_of(low, box, height) + 1):
                by_row.setdefault(row, {}).setdefault(column, owner)
    return by_row


def _at(curve: Curve, x: float) -> tuple[float, float]:
    """Where the band begins and ends there: on the straight between two points."""
    after = bisect_left(curve.xs, x)
    if after == 0 or after == len(curve.xs):
        end = 0 if after == 0 else -1
        return curve.lows[end], curve.highs[end]
    left, right = curve.xs[after - 1], curve.xs[after]
    share = (x - left) / (right - left) if right > left else 1.0
    low, high = (
        values[after - 1] + share * (values[after] - values[after - 1])
        for values in (curve.lows, curve.highs)
    )
    return low, high
