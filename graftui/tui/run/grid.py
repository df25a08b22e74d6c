"""Where charts stand beside and below each other. Pure."""

from dataclasses import dataclass

from textual.geometry import Size

GAP = 2
"""Cells between two charts."""
_WIDTH, _HEIGHT = 38, 8
"""Of a chart, at least."""
_SIZED_HEIGHT = 12
"""Of the chart over sizes, at most."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the charts are: one over sizes, if there is one, above a grid."""

    above: int = 0
    """Lines of the chart over sizes."""
    count: int = 0
    """Charts in the grid."""
    across: int = 1
    height: int = _HEIGHT
    """Of a chart in the grid."""
    first: int = 0
    """Number of the first of them: not 0 where one is shown alone."""

    @property
    def lines(self) -> int:
        """All of them."""
        return self.above + -(-self.count // self.across) * self.height

    def row(self, first: int, last: int) -> range:
        """The charts of the grid that have a line in `first` to `last`."""
        top, end = (max(0, line - self.above) // self.height for line in (first, last))
        seen = range(top * self.across, min(self.count, (end + 1) * self.across))
        return range(self.first + seen.start, self.first + seen.stop)

    def wide(self, width: int) -> int:
        """Cells of a chart, where the grid has `width`."""
        return (width + GAP) // self.across - GAP

    def top(self, number: int) -> int:
        """The first line of a chart."""
        return self.above + (number - self.first) // self.across * self.height

    def under(self, x: int, y: int, width: int) -> tuple[int, int] | None:
        """The chart at a cell, and the cell's column within it; None: there is none."""
        across, column = divmod(x, self.wide(width) + GAP)
        number = (y - self.above) // self.height * self.across + across
        inside = y >= self.above and across < self.across and number < self.count
        return (self.first + number, column) if inside else None


def layout(sized: bool, count: int, size: Size) -> Layout:
    """As many beside each other as are readable: 2 + 2 rather than 3 + 1."""
    rows = -(-count // max(1, size.width // _WIDTH)) or 1
    above = min(_SIZED_HEIGHT, max(_HEIGHT, size.height // (rows + 1))) if sized else 0
    height = max(_HEIGHT, (size.height - above) // rows)
    return Layout(above, count, max(1, -(-count // rows)), height)


def alone(number: int, size: Size) -> Layout:
    """One chart, as large as there is room."""
    return Layout(0, 1, 1, max(_HEIGHT, size.height), number)
