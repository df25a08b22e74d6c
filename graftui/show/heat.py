"""A heat map in cells: a shade for each amount, and below what the shades stand for.

The shades tell apart without colours, and have twins in ASCII (graftui.text).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import ConsoleOptions, RenderResult

from graftui.results.heat import HeatMap
from graftui.terminal import Console, Text
from graftui.text import visible

SHADES = "·░▒▓█"
"""By level: 0 is nothing."""
STYLES = ("dim", "blue", "cyan", "yellow", "bold red")
_MOST = 32
"""Cells of a row's label."""


@dataclass(frozen=True, slots=True)
class Heat:
    """Draws a heat map at the width of the terminal.

    Where the columns do not fit beside each other, they go on below.
    """

    heat: HeatMap

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Title, blocks of columns, and the scale."""
        yield Text(self.heat.title, "bold")
        wide = 1 + max((cell_len(name) for name in self.heat.columns), default=1)
        names = [visible(name) for name in self.heat.rows]
        label = min(_MOST, options.max_width - wide, max(map(cell_len, names), default=0))
        each = max(1, (options.max_width - label) // wide)
        for first in range(0, len(self.heat.columns), each):
            yield from self._block(slice(first, first + each), label, wide)
        yield _scale(self.heat)

    def _block(self, shown: slice, label: int, wide: int) -> Iterator[Text]:
        """Some columns, under their headings; a cell is a space and what its heading takes."""
        heads = (name.rjust(wide) for name in self.heat.columns[shown])
        yield Text(" " * label + "".join(heads), "dim", no_wrap=True)
        for name, cells in zip(self.heat.rows, self.heat.cells, strict=True):
            line = Text(set_cell_size(visible(name), label), no_wrap=True)
            for amount in cells[shown]:
                line.append(*_cell(self.heat.level(amount), wide))
            yield line


def _cell(level: int | None, width: int) -> tuple[str, str]:
    if level is None:
        return " " * width, ""
    return " " + SHADES[level] * (width - 1), STYLES[level]


def _scale(heat: HeatMap) -> Text:
    text = Text("")
    for level, (shade, words) in enumerate(legend(heat)):
        text.append("   " if level else "").append(shade, STYLES[level])
        text.append(f" {words}", "dim")
    return text


def legend(heat: HeatMap) -> Sequence[tuple[str, str]]:
    """What each shade stands for."""
    unit = f" {heat.axis.unit}" if heat.axis.unit else ""
    words = ["none", *(f"up to {heat.axis.label(bound)}{unit}" for bound in heat.bounds)]
    return list(zip(SHADES, words, strict=False))
