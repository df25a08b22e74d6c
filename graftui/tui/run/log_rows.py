"""Lines of a log as rows of the screen. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells

from graftui.results.times import clock
from graftui.text import visible_lines
from graftui.tui.run.log import LogLine


@dataclass(frozen=True, slots=True)
class Row:
    """What a line of the screen shows."""

    number: int
    """Of the line of the log."""
    lead: str
    """The time, or as many spaces; empty in an output."""
    text: str


def rows_of(number: int, line: LogLine, width: int) -> Iterator[Row]:
    """As many as the line needs."""
    lead = "  " if line.t is None else f"{clock(line.t)}  "
    for part in visible_lines(line.text).expandtabs().split("\n"):
        for piece in wrapped(part, max(10, width - cell_len(lead))):
            yield Row(number, lead, piece)
            lead = " " * len(lead)


def wrapped(text: str, width: int) -> Iterator[str]:
    """`text` in pieces of so many cells, between words where they are short enough."""
    start = 0
    while start < len(text):
        piece = chop_cells(text[start : start + 2 * width], width)[0]
        end = start + len(piece)
        space = piece.rfind(" ") + 1
        if end < len(text) and text[end] != " " and space > len(piece) // 2:
            piece = piece[:space]
        yield piece
        start += len(piece)
    if not text:
        yield ""
