"""A table of one line a row, drawn in one pass.

It looks as Rich's does without a box, whose layout of cells takes milliseconds a row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import ConsoleOptions
from rich.segment import Segment
from rich.style import Style

from graftui.terminal import Console, Text
from graftui.text import spelt, visible

_GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """How the cells of a column stand."""

    title: str
    right: bool = False
    least: int = 1
    """Cells that it keeps in the narrowest terminal."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows under titles; a cell that does not fit ends in an ellipsis."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str | Text]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """The lines at the console's width."""
        titles = [column.title for column in self.columns]
        rows = [[_fit(cell, options.encoding) for cell in row] for row in self.rows]
        widths = self._widths([titles, *rows], options.max_width)
        bold = console.get_style("bold")
        yield from self._line(titles, widths, console, bold)
        for row in rows:
            yield from self._line(row, widths, console)

    def _widths(self, rows: Sequence[Sequence[str | Text]], room: int) -> list[int]:
        """Of the widest cells; where there is no room the widest column gives way."""
        widths = [max(map(_width, cells)) for cells in zip(*rows, strict=True)]
        least = [column.least for column in self.columns]
        widths = [max(few, min(width, room)) for width, few in zip(widths, least, strict=True)]
        room -= len(_GAP) * (len(widths) - 1)
        while sum(widths) > room and any(map(int.__gt__, widths, least)):
            spare = [width - few for width, few in zip(widths, least, strict=True)]
            widths[spare.index(max(spare))] -= 1
        return widths

    def _line(
        self,
        row: Sequence[str | Text],
        widths: Sequence[int],
        console: Console,
        style: Style | None = None,
    ) -> Iterator[Segment]:
        """Plain cells are joined: a segment for each would take most of the time."""
        plain = ""
        for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
            plain += _GAP if number else ""
            text, space = _cut(cell, width)
            plain += space if self.columns[number].right else ""
            if isinstance(text, Text):
                yield Segment(plain, style)
                yield from text.render(console)
                plain = ""
            else:
                plain += text
            plain += "" if self.columns[number].right else space
        yield Segment(plain, style)
        yield Segment.line()


def _fit(cell: str | Text, encoding: str) -> str | Text:
    """A cell in what the terminal can show; a Text is that already."""
    if encoding.startswith("utf"):
        return cell if isinstance(cell, Text) else visible(cell)
    if isinstance(cell, str):
        return spelt(visible(cell), encoding)
    whole = _copied(cell)
    whole.plain = spelt(cell.plain, encoding)
    return whole


def _copied(cell: Text) -> Text:
    """Rich's own `copy` makes a text that would parse markup."""
    return Text(cell.plain, cell.style, spans=list(cell.spans))


def _width(cell: str | Text) -> int:
    text = cell.plain if isinstance(cell, Text) else cell
    return len(text) if text.isascii() else cell_len(text)


def _cut(cell: str | Text, width: int) -> tuple[str | Text, str]:
    """The cell cut to `width`, and the spaces that it lacks."""
    over = _width(cell) - width
    if over <= 0:
        return cell, " " * -over
    if isinstance(cell, str):
        return set_cell_size(cell, width - 1) + "…", ""
    short = _copied(cell)
    short.truncate(width, overflow="ellipsis")
    return short, " " * (width - short.cell_len)
