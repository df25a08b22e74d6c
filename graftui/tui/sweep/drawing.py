"""A matrix as the words of its cells, and which of it there is room for. No widget: see grid.py."""

from dataclasses import dataclass

from rich.cells import cell_len

from graftui.results.figures import LESS_IS_BETTER
from graftui.results.sweep_matrix import Folded, Matrix, Row
from graftui.show.states import State
from graftui.show.sweeps import mark, short, spread
from graftui.text import visible

GAP = 2
_LABEL_MOST = 24
_CELL_MOST = 22
GLYPH_CELLS = 2
"""Of a column that has room for a glyph alone."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is drawn of a cell."""

    look: State
    words: str
    warmth: float | None
    """Where its figure stands between the worst, 0, and the best of the matrix, 1."""

    @property
    def text(self) -> str:
        """Glyph and words."""
        return f"{self.look.glyph} {self.words}" if self.words else self.look.glyph


@dataclass(frozen=True, slots=True)
class Drawn:
    """All of a matrix, in words."""

    titles: tuple[str, ...]
    """Of the columns of labels."""
    labels: tuple[tuple[str, ...], ...]
    """Of each row."""
    axes: tuple[str, ...]
    """That are columns, each with a line of values above the cells."""
    heads: tuple[tuple[str, ...], ...]
    """Of each column its values, one an axis."""
    marks: tuple[tuple[Mark | None, ...], ...]
    means: tuple[str, ...]
    """Of each row; none where it has no mean."""

    label_widths: tuple[int, ...]
    """Cells of each column of labels."""
    cell_width: int
    """Cells that hold each of the marks and heads, with the gap before."""
    mean_width: int
    """Cells of the column of means; 0: there is none."""


MEAN = "mean ± std"


def drawn(matrix: Matrix) -> Drawn:
    """The words of a matrix."""
    part = bool(matrix.rows) and bool(matrix.rows[0].part)
    low, high = _span(matrix)
    worst = low if matrix.figure not in LESS_IS_BETTER else high
    titles = (*map(visible, matrix.layout.rows), *(["part"] if part else []))
    labels = tuple(_label(row) for row in matrix.rows)
    heads = tuple(tuple(visible(short(v)) for v in point.values()) for point in matrix.columns)
    marks = tuple(
        tuple(_mark(cell, matrix.figure, worst, high - low) for cell in row.results)
        for row in matrix.rows
    )
    has_mean = matrix.over_seeds and len(matrix.columns) > 1
    means = tuple(spread(row.figure, matrix.figure) for row in matrix.rows) if has_mean else ()
    texts = [mark.text for row in marks for mark in row if mark]
    texts += [text for head in heads for text in head]
    return Drawn(
        titles, labels, tuple(map(visible, matrix.layout.columns)), heads, marks, means,
        tuple(min(_LABEL_MOST, max(map(cell_len, column)))
              for column in zip(titles, *labels, strict=True)),
        min(_CELL_MOST, max(map(cell_len, texts), default=1)) + GAP,
        max(map(cell_len, (MEAN, *means))) + GAP if means else 0,
    )  # fmt: skip


def _label(row: Row) -> tuple[str, ...]:
    values = tuple(visible(short(value)) for value in row.at.values())
    return (*values, row.part) if row.part else values


def _mark(cell: Folded | None, figure: str, worst: float, span: float) -> Mark | None:
    if cell is None:
        return None
    look, words = mark(cell, figure)
    warmth = None if cell.figure is None or not span else abs(cell.figure.mean - worst) / span
    return Mark(look, visible(words), warmth)


def _span(matrix: Matrix) -> tuple[float, float]:
    means = [cell.figure.mean for row in matrix.rows for cell in row.results
             if cell and cell.figure]  # fmt: skip
    finite = [mean for mean in means if abs(mean) < float("inf")]
    return (min(finite), max(finite)) if finite else (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Frame:
    """What of a matrix there is room for."""

    labels: int
    """Cells of the labels of a row."""
    each: int
    """Cells of a column."""
    figures: bool
    """Whether its cells have room for words."""
    across: int
    """Columns that are seen."""
    head: int
    """Lines above the rows."""
    down: int
    """Rows that are seen."""


def frame(words: Drawn, width: int, height: int, figures: bool | None) -> Frame:
    """For so many cells and lines; `figures`: whether to show them, None: where all fit."""
    labels = sum(each + GAP for each in words.label_widths)
    least = max(map(cell_len, words.axes), default=0) + GAP if words.axes else 0
    labels = max(labels, min(least, width // 3))
    room = max(1, width - labels - words.mean_width)
    wide, count = words.cell_width, len(words.heads)
    shown = wide * count <= room if figures is None else figures
    each = wide if shown else GLYPH_CELLS
    across = max(1, min(count, room // each))
    head = max(1, len(words.axes)) + (1 if words.axes and words.titles else 0)
    return Frame(labels, each, shown, across, head, max(1, height - head))


def followed(first: int, seen: int, at: int, count: int) -> int:
    """The first row, or column, to be seen, so that `at` is."""
    first = min(first, at) if at < first + seen else at - seen + 1
    return max(0, min(first, count - seen))


def extent(first: int, seen: int, count: int, noun: str) -> str:
    """Which rows, or columns, are seen; empty: all."""
    return "" if seen >= count else f"{noun} {first + 1}–{min(first + seen, count)} of {count}"
