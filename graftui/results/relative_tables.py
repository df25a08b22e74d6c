"""What skills gain on tasks, of relative.py, as a table with shades, and for programs."""

import math
from typing import TYPE_CHECKING, Any

from graftui.results.cells import Cell, Row, Section, Table
from graftui.results.figures import NOT_KNOWN, rounded
from graftui.results.heat_tables import shaded
from graftui.results.relative import Relative

if TYPE_CHECKING:  # it imports numpy
    from graftui.results.statistics.intervals import Interval

_SAID = (
    "Rel(i -> j) = (graft i on j - pretrained on j) / (fine-tuned on j - pretrained on j), "
    "means over seeds",
    "undefined: fine-tuning on the task did not beat the pretrained model",
    "–: not tested, or no fine-tuned model of that task among the runs; n: skills a value is of",
)
_OVER = (
    "interval: bootstrap over rows and seeds, of n = 1 over rows alone (percentile, 9,999 "
    "resamples); –: not all were asked the same rows, all answered alike, or it is not clear that "
    "fine-tuning gains anything"
)


def table(matrix: Relative) -> Table:
    """The matrix as a table with shades; below it the intervals, where any is known."""
    lines = [
        Row(label, (*map(_cell, values), Cell(str(count), count)))
        for label, values, count in zip(matrix.skills, matrix.values, matrix.counts, strict=True)
    ]
    heads, sections, said = (*matrix.tasks, "n"), [Section("", tuple(lines))], list(_SAID)
    if any(each for row in matrix.intervals for each in row):
        rows = [
            Row(label, (*map(_ends, row), Cell("")))
            for label, row in zip(matrix.skills, matrix.intervals, strict=True)
        ]
        sections.append(Section("95 % interval", tuple(rows)))
    if matrix.intervals:
        said.append(_OVER)
    return Table(heads, tuple(sections), "skill i, on task j", tuple(said))


def _cell(value: float | None) -> Cell:
    if value is not None and math.isnan(value):
        return Cell(rounded(value), value)
    return shaded(value, "{:.2f}".format, most=1.0)


def _ends(interval: "Interval | None") -> Cell:
    if interval is None:
        return Cell(NOT_KNOWN)
    return Cell(f"{interval.low:.2f} to {interval.high:.2f}", [interval.low, interval.high])


def plain(matrix: Relative) -> dict[str, Any]:
    """For programs; what is undefined is nan, which JSON says as `not_finite`."""
    ends = {
        "low": [[each and each.low for each in row] for row in matrix.intervals],
        "high": [[each and each.high for each in row] for row in matrix.intervals],
    }
    return {
        "skills": list(matrix.skills),
        "tasks": list(matrix.tasks),
        "rel": [list(row) for row in matrix.values],
        **(ends if matrix.intervals else {}),
        "n": list(matrix.counts),
    }
