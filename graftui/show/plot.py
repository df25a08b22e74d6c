"""A chart laid out in cells of braille, with its labels: what the fronts put their colours on.

Owns the scales, what part of the plane is seen, and where labels, marks and levels stand. Pure.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graftui.results.chart import Axis, Chart, Curve
from graftui.show.bands import SHADE, shaded
from graftui.show.braille import Box, Canvas, column_of, columns_of, reduce, row_of, ticks

MARKS = "●■▲◆○□△◇◉▣▼◈"
"""Of the curves of a marked chart: they tell apart without colours."""
NOBODY, LEVEL, FAINT = -1, -2, -3
"""Owners of cells that belong to no curve with a name."""
_SIGNS = 5
"""Marks of a curve of a signed chart, about."""
_AIR, _AIR_BESIDE = 0.04, 0.02
"""Of the range, around what is marked: above and below, and at the sides."""
_FLAT = 1e-300
"""Less than that between the least and the greatest value is nothing to divide by."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Cells of a row that look alike."""

    text: str
    owner: int
    """Number of its curve, NOBODY or LEVEL."""
    mark: bool = False
    band: bool = False
    """Whether it is the ground around its curve."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of cells, the uppermost first."""

    label: str
    """Of the y axis; empty: none stands here."""
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart in cells."""

    rows: tuple[Row, ...]
    foot: str
    """Labels of the x axis, below the rows."""
    ticks: frozenset[int]
    """Columns in which a label of the x axis has its value."""


def plot(
    chart: Chart, width: int, height: int, most: int, owners: Mapping[str, int] | None = None
) -> Plot | None:
    """`chart` in `height` rows of `width` cells, with `most` labels of the y axis or fewer; None
    where nothing can be drawn. `owners`: a number for each label of a curve, if not their order.
    """
    curves = [(owner, _seen(curve, chart)) for owner, curve in _owned(chart, owners)]
    box = _box(chart, [curve for _, curve in curves if curve.xs])
    if box is None or width < 4 or height < 2:
        return None
    canvas = Canvas(width, height)
    for owner, curve in sorted(curves, key=lambda pair: pair[0] != FAINT):  # those lie behind
        points = reduce(curve.xs, curve.ys, box, 2 * width)
        canvas.draw(columns_of(points, box, 2 * width, 4 * height), owner)
    marks = _marks(curves, box, width, height) if chart.marked else {}
    marks = _signs(curves, box, width, height) if chart.signed else marks
    levels = {row_of(chart.y.place(at), box, height) for _, at in chart.levels if chart.y.has(at)}
    bands = shaded(curves, box, width, height)
    heights = _ticks(chart.y, box.low, box.high, most)
    labels = {row_of(value, box, height): label for value, label in heights}
    rows = [
        Row(
            labels.get(n, ""),
            tuple(_stretches(canvas.line(n), marks.get(n, {}), bands.get(n, {}), n in levels)),
        )
        for n in range(height)
    ]
    return Plot(tuple(rows), *_foot(chart.x, box, width))


def _owned(chart: Chart, owners: Mapping[str, int] | None) -> Iterator[tuple[int, Curve]]:
    for curve in chart.curves:
        if curve.faint:
            yield FAINT, curve
    for number, curve in enumerate(chart.named):
        yield (owners[curve.label] if owners else number), curve


def _seen(curve: Curve, chart: Chart) -> Curve:
    """Its points as they lie along the axes, without those that no axis has."""
    xs, x, y = curve.xs, chart.x, chart.y
    every: Sequence[Sequence[float]] = (curve.ys, curve.lows, curve.highs)[: 3 if curve.lows else 1]
    if not (x.has_all(xs[:1]) and x.has_all(xs[-1:]) and all(map(y.has_all, every))):  # xs ascend
        points = zip(xs, *every, strict=True)
        kept = [at for at in points if x.has(at[0]) and all(map(y.has, at[1:]))]
        xs, *every = [[at[n] for at in kept] for n in range(1 + len(every))]
    return Curve(
        curve.label,
        [x.place(value) for value in xs] if x.log else xs,
        *([y.place(value) for value in values] if y.log else values for values in every),
        faint=curve.faint,
    )


def _box(chart: Chart, curves: Sequence[Curve]) -> Box | None:
    """All that there is; None if there is nothing."""
    if not curves:
        return None
    at = [chart.y.place(level) for _, level in chart.levels if chart.y.has(level)]
    low = min(*at, *(min(curve.lows or curve.ys) for curve in curves), math.inf)
    high = max(*at, *(max(curve.highs or curve.ys) for curve in curves), -math.inf)
    left, right = min(curve.xs[0] for curve in curves), max(curve.xs[-1] for curve in curves)
    left, right = chart.span or (left, right)
    right = right if chart.marked or right > left else left + 1
    if chart.marked:
        air, beside = _AIR * (high - low) or 0.01, _AIR_BESIDE * (right - left) or 0.5
        left, right, low, high = left - beside, right + beside, low - air, high + air
    if high - low < _FLAT:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    return Box(left, right, low, high)


def column_at(x: float, span: tuple[float, float], width: int) -> int:
    """The column of cells that `x` is drawn in, of `width` over `span`."""
    return column_of(x, Box(*span, 0.0, 0.0), width)


def x_at(column: int, span: tuple[float, float], width: int) -> float:
    """What is drawn in the middle of a column."""
    return span[0] + (2 * column + 0.5) * (span[1] - span[0]) / (2 * width - 1)


def thinned(chart: Chart, width: int) -> int:
    """How many points its longest curve has, where so many cells cannot hold them all: the least
    and the greatest of each column are drawn; else 0.
    """
    longest = max((len(curve.xs) for curve in chart.curves), default=0)
    return longest if longest > 4 * max(1, width) else 0


def _marks(
    curves: Sequence[tuple[int, Curve]], box: Box, width: int, height: int
) -> dict[int, dict[int, int]]:
    """Row -> column -> the curve whose mark stands there: the first, where several would."""
    by_row: dict[int, dict[int, int]] = {}
    for owner, curve in (pair for pair in curves if pair[0] != FAINT):
        for x, y in curve.points:
            at = by_row.setdefault(row_of(y, box, height), {})
            at.setdefault(column_of(x, box, width), owner)
    return by_row


def _signs(
    curves: Sequence[tuple[int, Curve]], box: Box, width: int, height: int
) -> dict[int, dict[int, int]]:
    """As `_marks`, of each curve a few: in turn, so that those of two do not hide each other."""
    by_row: dict[int, dict[int, int]] = {}
    named = [(owner, curve) for owner, curve in curves if owner != FAINT and curve.xs]
    every = max(2 * len(named), width // _SIGNS)
    for turn, (owner, curve) in enumerate(named):
        for column in range(every * (2 * turn + 1) // (2 * len(named)), width, every):
            at = bisect_left(curve.xs, x_at(column, (box.left, box.right), width))
            if 0 < at < len(curve.xs):
                row = by_row.setdefault(row_of(curve.ys[at], box, height), {})
                row.setdefault(column_of(curve.xs[at], box, width), owner)
    return by_row


def _stretches(
    line: Sequence[tuple[str, int]],
    marks: Mapping[int, int],
    bands: Mapping[int, int],
    level: bool,
) -> Iterator[Stretch]:
    """A row: marks over curves over the dashes of a level over bands."""
    if not marks and not bands and not level:
        yield from (Stretch(text, owner) for text, owner in line)
        return
    cells = ((char, owner) for text, owner in line for char in text)
    for column, (char, owner) in enumerate(cells):
        if column in marks:
            yield Stretch(mark(marks[column]), marks[column], mark=True)
        elif owner == NOBODY and level and column % 2 == 0:
            yield Stretch("╌", LEVEL)
        elif owner == NOBODY and column in bands:
            yield Stretch(SHADE, bands[column], band=True)
        else:
            yield Stretch(char, owner)


def mark(owner: int) -> str:
    """The mark of a curve."""
    return MARKS[owner % len(MARKS)]


def _ticks(axis: Axis, low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Where the labels of an axis stand, and the labels."""
    if axis.log:
        return _decades(low, high)
    return [(at, axis.label(at)) for at in ticks(low, high, most)]


def _decades(low: float, high: float) -> list[tuple[float, str]]:
    """The powers of ten; where there are fewer than two, their doubles and halves as well."""
    powers = range(math.floor(low), math.ceil(high) + 1)
    labelled = [(float(p), f"1e{p}" if p else "1") for p in powers]
    if sum(low <= at <= high for at, _ in labelled) < 2:
        labelled += [
            (p + math.log10(n), f"{n}e{p}" if p else f"{n}") for p in powers for n in (2, 5)
        ]
    return sorted((at, label) for at, label in labelled if low <= at <= high)


def _foot(axis: Axis, box: Box, width: int) -> tuple[str, frozenset[int]]:
    """The line below: the ends of a linear axis, the decades of a logarithmic one."""
    if not axis.log:
        first, last = axis.label(box.left), f"{axis.label(box.right)} {axis.unit}".rstrip()
        return first + last.rjust(width - len(first)), frozenset((0, width - 1))
    cells = [" "] * width
    if axis.unit and width > 2 * len(axis.unit):
        cells[-len(axis.unit) :] = axis.unit
    at = set()
    for value, label in _decades(box.left, box.right):
        column = column_of(value, box, width)
        start = max(0, min(column - len(label) // 2, width - len(label)))
        if not "".join(cells[max(0, start - 1) : start + len(label) + 1]).strip():
            cells[start : start + len(label)] = label
            at.add(column)
    return "".join(cells), frozenset(at)
