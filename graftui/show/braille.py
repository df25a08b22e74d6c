"""Curves as braille characters: 2 x 4 dots a cell, each curve in its own colour.

Pure functions, standard library only. A curve is first reduced to the least and the greatest value
of each column of dots, so that ten thousand points cost as little as five hundred.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

Points = list[tuple[float, float]]

# Dots of the four rows of a cell, in its left and in its right column.
_LEFT = (0x01, 0x02, 0x04, 0x40)
_RIGHT = (0x08, 0x10, 0x20, 0x80)
_LEFT_BITS = [sum(dot for i, dot in enumerate(_LEFT) if n >> i & 1) for n in range(16)]
_RIGHT_BITS = [sum(dot for i, dot in enumerate(_RIGHT) if n >> i & 1) for n in range(16)]


@dataclass(frozen=True, slots=True)
class Box:
    """What part of the plane is drawn."""

    left: float
    right: float
    low: float
    high: float


def row_of(y: float, box: Box, height: int) -> int:
    """The row of cells in which a value lies, of so many; the uppermost is 0."""
    return round((box.high - y) * (4 * height - 1) / (box.high - box.low)) // 4


def column_of(x: float, box: Box, width: int) -> int:
    """The column of cells in which it lies, of so many."""
    return round((x - box.left) * (2 * width - 1) / (box.right - box.left)) // 2


def reduce(steps: Sequence[float], values: Sequence[float], box: Box, dots: int) -> Points:
    """At most two points a column of dots: the least and the greatest value, in their order.

    All values have to be finite.
    """
    if len(steps) <= 2 * dots:
        return list(zip(steps, values, strict=True))
    width = (box.right - box.left) / dots or 1.0
    kept: Points = []
    start = 0
    while start < len(steps):
        column = int((steps[start] - box.left) / width)
        end = max(start + 1, bisect_left(steps, box.left + (column + 1) * width, start))
        part = values[start:end]
        least, most = min(part), max(part)
        ends = {part.index(least), part.index(most)}
        kept += [(steps[start + i], part[i]) for i in sorted(ends)]
        start = end
    return kept


def columns_of(points: Points, box: Box, dots: int, rows: int) -> list[int]:
    """The line through `points`: for each column of dots a bit a row, the top row lowest."""
    columns = [0] * dots
    across = (dots - 1) / ((box.right - box.left) or 1.0)
    up = (rows - 1) / ((box.high - box.low) or 1.0)
    before: tuple[int, int] | None = None
    for x, y in points:
        at = (round((x - box.left) * across), round((box.high - y) * up))
        _segment(columns, before or at, at, rows)
        before = at
    return columns


def _segment(columns: list[int], a: tuple[int, int], b: tuple[int, int], rows: int) -> None:
    (x0, y0), (x1, y1) = a, b
    if x1 <= x0 + 1:  # the usual case where there are many points
        middle = y0 + int((y1 - y0) / 2) if x1 > x0 else y1
        _run(columns, x0, y0, middle, rows)
        _run(columns, x1, middle + (y1 > middle) - (y1 < middle), y1, rows)
        return
    slope = (y1 - y0) / (x1 - x0)
    for x in range(x0, x1 + 1):
        first = y0 + slope * max(0.0, x - x0 - 0.499)  # a little less than half: no row twice
        last = y0 + slope * min(float(x1 - x0), x - x0 + 0.499)
        _run(columns, x, round(first), round(last), rows)


def _run(columns: list[int], x: int, a: int, b: int, rows: int) -> None:
    low, high = max(0, min(a, b)), min(rows - 1, max(a, b))
    if 0 <= x < len(columns) and low <= high:
        columns[x] |= ((1 << (high - low + 1)) - 1) << low


class Canvas:
    """Cells of braille; where curves meet, their dots add up and the later one gives the colour."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self._dots = [[0] * width for _ in range(height)]
        self._owner = [[0] * width for _ in range(height)]

    def draw(self, columns: Sequence[int], owner: int) -> None:
        """Add a curve, as `columns_of` gives it."""
        for x in range(self.width):
            left, right = columns[2 * x], columns[2 * x + 1]
            both = left | right
            while both:
                row = ((both & -both).bit_length() - 1) >> 2
                shift = 4 * row
                dots = _LEFT_BITS[left >> shift & 15] | _RIGHT_BITS[right >> shift & 15]
                self._dots[row][x] |= dots
                self._owner[row][x] = owner
                both &= ~(15 << shift)

    def line(self, row: int) -> list[tuple[str, int]]:
        """The stretches of a row: text, and the curve it belongs to; -1: none."""
        cells: list[tuple[str, int]] = []
        for dots, owner in zip(self._dots[row], self._owner[row], strict=True):
            char, who = (chr(0x2800 + dots), owner) if dots else (" ", -1)
            if cells and cells[-1][1] == who:
                cells[-1] = (cells[-1][0] + char, who)
            else:
                cells.append((char, who))
        return cells


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers within the range, `most` or fewer."""
    span = high - low
    if span <= 0 or most < 1:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / most))
    for factor in (1, 2, 2.5, 5, 10, 20):
        step = factor * power
        first = math.ceil(low / step - 1e-9)
        last = math.floor(high / step + 1e-9)
        if last - first + 1 <= most:
            return [n * step for n in range(first, last + 1)]
    return [low]
