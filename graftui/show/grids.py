"""Tables of what a run came to, as text and as lines of a terminal."""

from graftui.kinds import Grid, GridCell
from graftui.results.figures import figure
from graftui.show.lines import Column, Lines
from graftui.text import visible


def texts(grid: Grid) -> list[list[str]]:
    """Its rows as a person reads them, the heads first."""
    return [list(map(visible, grid.heads)), *([_text(cell) for cell in row] for row in grid.rows)]


def drawn(grid: Grid) -> Lines:
    """Its rows under its heads."""
    heads, *rows = texts(grid)
    columns = [Column(head, right=number > 0) for number, head in enumerate(heads)]
    return Lines(columns, rows)


def _text(cell: GridCell) -> str:
    return visible(cell) if isinstance(cell, str) else figure(*cell)
