"""Curves over the size of a graft, drawn in the terminal: score against log of the fraction.

Each curve has a mark of its own, so that they tell apart without colours.
"""

import math
from collections.abc import Mapping, Sequence

from rich.columns import Columns

from graftui.results.curves import Curve, Panel, Point
from graftui.results.figures import figure
from graftui.show.braille import Box, Canvas, columns_of, ticks
from graftui.terminal import Console, Text

_MARKS = "●■▲◆○□△◇◉▣▼◈"
_COLOURS = ("cyan", "magenta", "yellow", "green", "red", "blue")
_HEIGHT = 14
_WIDEST = 100
_GUTTER = 7
"""Cells of the labels of the y axis, with the axis."""
_AIR = 0.04
"""Of the range, above the greatest value and below the least."""


def show(panels: Sequence[Panel], console: Console) -> None:
    """Print one plot a panel; a label has the same mark in all of them."""
    labels = dict.fromkeys(curve.label for panel in panels for curve in panel.curves)
    owners = {label: owner for owner, label in enumerate(labels)}
    for panel in panels:
        for line in _plot(panel, owners, min(console.width, _WIDEST)):
            console.print(line, no_wrap=True)
        console.print(_legend(panel, owners))


def _plot(panel: Panel, owners: Mapping[str, int], width: int) -> list[Text]:
    wide = width - _GUTTER
    curves = {owners[curve.label]: _logarithmic(curve) for curve in panel.curves}
    box = _box(list(curves.values()), [score for _, score in panel.levels])
    canvas = Canvas(wide, _HEIGHT)
    for owner, points in curves.items():
        canvas.draw(columns_of(points, box, 2 * wide, 4 * _HEIGHT), owner)
    marks = _marks(curves, box, wide)
    levels = {_row(score, box) for _, score in panel.levels}
    heights = ticks(box.low, box.high, _HEIGHT // 2)
    labels = {_row(at, box): figure(panel.metric, at) for at in heights}
    lines = [
        _line(canvas, row, labels.get(row, ""), marks.get(row, {}), row in levels)
        for row in range(_HEIGHT)
    ]
    return [Text(panel.title, "bold"), *lines, *_foot(box, wide)]


def _logarithmic(curve: Curve) -> list[Point]:
    return [(math.log10(x), y) for x, y in curve.points if x > 0]


def _box(curves: Sequence[Sequence[Point]], levels: Sequence[float]) -> Box:
    xs = [x for points in curves for x, _ in points]
    ys = [*(y for points in curves for _, y in points), *levels]
    low, high = min(ys), max(ys)
    air = _AIR * (high - low) or 0.01
    left, right = min(xs), max(xs)
    air_x = 0.02 * (right - left) or 0.5
    return Box(left - air_x, right + air_x, low - air, high + air)


def _row(y: float, box: Box) -> int:
    return round((box.high - y) / (box.high - box.low) * (4 * _HEIGHT - 1)) // 4


def _column(x: float, box: Box, wide: int) -> int:
    return round((x - box.left) / (box.right - box.left) * (2 * wide - 1)) // 2


def _marks(curves: Mapping[int, Sequence[Point]], box: Box, wide: int) -> dict[int, dict[int, int]]:
    """Row -> column -> the curve whose mark stands there: the first, where several would."""
    found: dict[int, dict[int, int]] = {}
    for owner, points in curves.items():
        for x, y in points:
            found.setdefault(_row(y, box), {}).setdefault(_column(x, box, wide), owner)
    return found


def _line(canvas: Canvas, row: int, label: str, marks: dict[int, int], level: bool) -> Text:
    """A row: its label, the axis, then marks over curves over the dashes of a level."""
    text = Text().append(f"{label:>{_GUTTER - 1}}{'┤' if label else '│'}", "dim")
    column = 0
    for stretch, owner in canvas.line(row):
        for char in stretch:
            text.append(*_cell(char, owner, marks.get(column, -1), level and column % 2 == 0))
            column += 1
    return text


def _cell(char: str, owner: int, mark: int, dash: bool) -> tuple[str, str]:
    if mark >= 0:
        return _mark(mark), f"bold {_colour(mark)}"
    if owner >= 0:
        return char, _colour(owner)
    return ("╌", "dim") if dash else (" ", "")


def _mark(owner: int) -> str:
    return _MARKS[owner % len(_MARKS)]


def _colour(owner: int) -> str:
    return _COLOURS[owner % len(_COLOURS)]


def _foot(box: Box, wide: int) -> list[Text]:
    """The decades of the x axis."""
    axis, labels = ["─"] * wide, [" "] * (wide + 1)
    for power in range(math.ceil(box.left), math.floor(box.right) + 1):
        at = _column(power, box, wide)
        text = f"1e{power}" if power else "1"
        start = max(0, min(at - len(text) // 2, wide - len(text)))
        if all(char == " " for char in labels[max(0, start - 1) : start + len(text) + 1]):
            labels[start : start + len(text)] = text
            axis[at] = "┴"
    indent = " " * (_GUTTER - 1)
    return [Text(f"{indent}└{''.join(axis)}", "dim"), Text(f"{indent} {''.join(labels)}", "dim")]


def _legend(panel: Panel, owners: Mapping[str, int]) -> Columns:
    marks = [(owners[curve.label], curve.label) for curve in panel.curves]
    parts = [Text(f"{_mark(owner)} {label}", _colour(owner)) for owner, label in marks]
    parts += [Text(f"╌ {label} {figure(panel.metric, at)}", "dim") for label, at in panel.levels]
    return Columns(parts, padding=(0, 3))
