"""Charts printed one below the other. A label has the same mark and colour in all of them."""

from collections.abc import Mapping, Sequence

from rich.columns import Columns

from graftui.results.chart import Chart
from graftui.show.plot import FAINT, LEVEL, NOBODY, Plot, Stretch, mark, plot
from graftui.terminal import Console, Text

_COLOURS = ("cyan", "magenta", "yellow", "green", "red", "blue")
_HEIGHT = 14
_WIDEST = 100
_GUTTER = 7
"""Cells of the labels of the y axis, with the axis."""


def show(charts: Sequence[Chart], console: Console) -> None:
    """Print them, each under its title and over its legend."""
    labels = dict.fromkeys(curve.label for chart in charts for curve in chart.named)
    owners = {label: owner for owner, label in enumerate(labels)}
    for chart in charts:
        drawn = plot(chart, min(console.width, _WIDEST) - _GUTTER, _HEIGHT, _HEIGHT // 2, owners)
        console.print(Text(chart.title, "bold"), no_wrap=True)
        for line in _lines(drawn) if drawn else ():
            console.print(line, no_wrap=True)
        console.print(_legend(chart, owners))


def _lines(drawn: Plot) -> list[Text]:
    lines = []
    for row in drawn.rows:
        axis = f"{row.label:>{_GUTTER - 1}}{'┤' if row.label else '│'}"
        text = Text().append(axis, "dim")
        for stretch in row.stretches:
            text.append(stretch.text, _style(stretch))
        lines.append(text)
    wide = len(drawn.foot)
    axis = "".join("┴" if column in drawn.ticks else "─" for column in range(wide))
    indent = " " * (_GUTTER - 1)
    return [*lines, Text(f"{indent}└{axis}", "dim"), Text(f"{indent} {drawn.foot}", "dim")]


def _style(stretch: Stretch) -> str:
    if stretch.owner in (NOBODY, LEVEL, FAINT):
        return "" if stretch.owner == NOBODY else "dim"
    if stretch.band:
        return f"dim {_colour(stretch.owner)}"
    return f"bold {_colour(stretch.owner)}" if stretch.mark else _colour(stretch.owner)


def _colour(owner: int) -> str:
    return _COLOURS[owner % len(_COLOURS)]


def _legend(chart: Chart, owners: Mapping[str, int]) -> Columns:
    marks = [(owners[curve.label], curve.label) for curve in chart.named]
    parts = [Text(f"{mark(owner)} {label}", _colour(owner)) for owner, label in marks]
    parts += [Text(f"╌ {label} {chart.y.label(at)}", "dim") for label, at in chart.levels]
    return Columns(parts, padding=(0, 3))
