"""Matrices as a figure: a table with shades as squares with figures in them."""

import math
from collections.abc import Sequence
from typing import Any

from graftui.results.cells import Table
from graftui.show.press.canvas import COLUMN_INCHES, Canvas, wrapped
from graftui.text import visible

_CELL_INCHES = 0.34
_LETTER_INCHES = 0.056
_COLOURS = "Blues"
_DARK = 0.6
"""Share of the darkest shade from which a figure within is white."""
_WIDEST = 2 * COLUMN_INCHES + 0.25

Amounts = Sequence[Sequence[float | None]]


def of_table(table: Table, form: str, title: str = "") -> bytes:
    """The columns of `table` that have shades. Raises UsageError without matplotlib."""
    lines = [row for _, row in table.lines()]
    shaded = [
        n for n in range(len(table.heads)) if any(row.cells[n].level is not None for row in lines)
    ]
    texts = [[row.cells[n].text for n in shaded] for row in lines]
    amounts = [[row.cells[n].value if row.cells[n].level is not None else None for n in shaded]
               for row in lines]  # fmt: skip
    heads = [table.heads[n] for n in shaded]
    notes = "\n".join(table.notes)
    return _drawn(form, title, [row.name for row in lines], heads, amounts, texts, notes)


def _drawn(
    form: str,
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    amounts: Amounts,
    texts: Sequence[Sequence[str]],
    notes: str,
) -> bytes:
    names = [" ".join(visible(name).split()) for name in rows]
    cell = max(
        _CELL_INCHES, _LETTER_INCHES * max((len(t) for line in texts for t in line), default=1)
    )
    label = _LETTER_INCHES * max(map(len, names), default=0) + 0.2
    width = min(_WIDEST, label + cell * len(columns) + 0.15)
    lines = wrapped(notes, int((width - label) / (_LETTER_INCHES * 0.85)))
    above = wrapped(title, int((width - label) / (_LETTER_INCHES * 1.05)))
    room = 0.13 * (len(lines) + len(above)) + 0.45
    canvas = Canvas(width, _CELL_INCHES * 0.8 * len(rows) + room)
    (axes,) = canvas.axes(1, 1)
    with canvas.styled():
        _squares(axes, amounts, texts)
        axes.set_xticks(range(len(columns)), [visible(name) for name in columns])
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(length=0, top=False, bottom=False, labeltop=True, labelbottom=False)
        axes.spines[:].set_visible(False)
        if above:
            axes.set_title("\n".join(above), loc="left")
        if lines:
            axes.set_xlabel("\n".join(lines), loc="left", fontsize=6)
    return canvas.bytes_of(form)


def _squares(axes: Any, amounts: Amounts, texts: Sequence[Sequence[str]]) -> None:
    import numpy as np

    values = np.array([[math.nan if a is None else a for a in line] for line in amounts])
    low, high = _ends(values)
    shares = np.clip((values - low) / (high - low or 1), 0, 1)
    axes.imshow(shares, cmap=_COLOURS, vmin=0, vmax=1.15, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > _DARK else "black"
        text = texts[row][column]
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=6.5)


def _ends(values: Any) -> tuple[float, float]:
    """From where to where shades go: from 0, or the least on a scale of ratios. What lies on the
    diagonal of a matrix, where a thing meets itself, does not count if there is anything else.
    """
    import numpy as np

    beside = values
    if values.shape[0] == values.shape[1] > 1:
        beside = values[~np.eye(len(values), dtype=bool)]
    known = beside[np.isfinite(beside)]
    if not len(known):
        return 0.0, 1.0
    return min(0.0, float(known.min())) if known.max() > 0 else float(known.min()), float(
        known.max()
    )
