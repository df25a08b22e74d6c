"""A matrix of figures as a table whose cells have shades: overlaps, transfer between skills, maps.

Owns how an amount becomes a shade. graftui.show draws the table, results/export writes it, and
show/press makes a figure of it.
"""

import math
from collections.abc import Callable, Sequence

from graftui.results.cells import Cell, Row, Section, Table
from graftui.results.figures import NOT_KNOWN
from graftui.results.heat import LEVELS

Values = Sequence[Sequence[float | None]]


def heat_table(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Values,
    form: Callable[[float], str],
    corner: str = "",
    notes: Sequence[str] = (),
    most: float | None = None,
) -> Table:
    """`values`, a line for each of `rows` and a value for each of `columns`; None where there is
    none. `form` writes one. `most`: the amount with the darkest shade, else the greatest there is;
    what is not above 0 has no shade.
    """
    known = [v for line in values for v in line if v is not None and math.isfinite(v)]
    top = max(known, default=0.0) if most is None else most
    lines = tuple(
        Row(name, tuple(shaded(value, form, top) for value in line))
        for name, line in zip(rows, values, strict=True)
    )
    return Table(tuple(columns), (Section("", lines),), corner, tuple(notes))


def shaded(value: float | None, form: Callable[[float], str], most: float) -> Cell:
    """A cell whose shade is its share of `most`."""
    if value is None or not math.isfinite(value):
        return Cell(NOT_KNOWN)
    share = value / most if most > 0 else 0.0
    return Cell(form(value), value, level=max(0, min(LEVELS, round(LEVELS * share))))
