"""A table of figures in the terminal, section by section; where it is too wide, in parts."""

from collections.abc import Sequence

from rich.cells import cell_len

from graftui.results.cells import Cell, Role, Row, Table
from graftui.show import heat
from graftui.terminal import Console, Text
from graftui.text import visible

_STYLES = {
    Role.best: "bold cyan", Role.differs: "yellow", Role.worse: "red", Role.better: "green",
    Role.muted: "dim",
}  # fmt: skip
_GAP = 2
_WIDEST = 60
"""Cells of a column, at most."""


def show(table: Table, console: Console) -> None:
    """All of it: columns that have no room beside the others go on below."""
    names = [row.name for _, row in table.lines()]
    label = min(_WIDEST, max(map(_width, (table.corner, *names)), default=0))
    widths = [
        min(
            _WIDEST,
            max([_width(head), *(_width(shaded(row.cells[n])) for _, row in table.lines())]),
        )
        for n, head in enumerate(table.heads)
    ]
    first = 0
    while first < len(widths) or not widths:
        last = _fitting(widths, first, console.width - label)
        if first:
            console.print()
        _part(table, range(first, last), label, widths, console)
        first = last
        if not widths:
            break
    for note in table.notes:
        console.print(note, style="dim")


def _fitting(widths: Sequence[int], first: int, room: int) -> int:
    """One past the last column that stands beside the `first`; that one always has a place."""
    last = first
    while last < len(widths) and room >= _GAP + widths[last]:
        room -= _GAP + widths[last]
        last += 1
    return max(last, first + 1)


def _part(
    table: Table, columns: range, label: int, widths: Sequence[int], console: Console
) -> None:
    heads = [Cell(table.heads[n]) for n in columns if n < len(table.heads)]
    wide = [widths[n] for n in columns if n < len(widths)]
    console.print(_line(Row(table.corner, tuple(heads)), label, wide, "bold"), no_wrap=True)
    for section in table.sections:
        if section.title:
            console.print(Text(visible(section.title), "bold"), no_wrap=True)
        for row in section.rows:
            cells = tuple(row.cells[n] for n in columns if n < len(row.cells))
            console.print(_line(Row(row.name, cells), label, wide), no_wrap=True, crop=False)


def _line(row: Row, label: int, widths: Sequence[int], style: str = "") -> Text:
    line = Text(_fit(row.name, label), style or "cyan", no_wrap=True)
    for cell, width in zip(row.cells, widths, strict=True):
        text = _fit(shaded(cell), width).strip()
        line.append(" " * (_GAP + width - cell_len(text)))
        own = _STYLES.get(cell.role, "default") if cell.level is None else heat.STYLES[cell.level]
        line.append(text, style or own)
    return line


def shaded(cell: Cell) -> str:
    """What a cell says, and its shade behind it where the table is a heat map."""
    return cell.text if cell.level is None else f"{cell.text} {heat.SHADES[cell.level] * 2}"


def _fit(text: str, width: int) -> str:
    shown = Text(visible(text))
    shown.truncate(width, overflow="ellipsis", pad=True)
    return shown.plain


def _width(text: str) -> int:
    return cell_len(visible(text))
