"""Charts as a figure: a panel each, curves with their bands, levels as dashed lines."""

import importlib.util
import math
from collections.abc import Mapping, Sequence
from typing import Any

from graftui.results.chart import Axis, Chart, Curve
from graftui.results.figures import SHARES, title
from graftui.show.press.canvas import COLOURS, COLUMN_INCHES, FAINT, MARKS, Canvas, wrapped
from graftui.text import visible

_PANEL_INCHES = 2.1
_LINE_INCHES = 0.14
"""Of a legend."""
_LONGEST = 46
"""Letters of a line of a title."""
_LEVELS = ("--", ":", "-.")
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def there() -> bool:
    """Whether figures can be drawn: matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def figure(charts: Sequence[Chart], form: str) -> bytes:
    """All of `charts` as "pdf", "svg" or "png": of one a column of a paper wide, of several two.

    A label has the same colour and mark in all of them. Raises UsageError without matplotlib.
    """
    labels = dict.fromkeys(curve.label for chart in charts for curve in chart.named)
    owners = {label: n for n, label in enumerate(labels)}
    across = min(2, len(charts))
    down = math.ceil(len(charts) / across)
    lines = max(len(chart.named) + len(chart.levels) for chart in charts)
    height = down * (_PANEL_INCHES + _LINE_INCHES * lines)
    canvas = Canvas(COLUMN_INCHES * across, height)
    axes = canvas.axes(down, across)
    with canvas.styled():
        for chart, panel in zip(charts, axes, strict=False):
            _panel(chart, panel, owners)
        for unused in axes[len(charts) :]:
            unused.set_axis_off()
    return canvas.bytes_of(form)


def _panel(chart: Chart, axes: Any, owners: Mapping[str, int]) -> None:
    scale = _scale(chart.y)
    for curve in chart.curves:
        _curve(curve, chart, axes, owners.get(curve.label, 0), scale)
    for number, (label, value) in enumerate(chart.levels):
        line = _LEVELS[number % len(_LEVELS)]
        axes.axhline(
            scale * value, color=FAINT, linewidth=0.9, linestyle=line, label=visible(label)
        )
    if chart.x.log:
        _ratios(axes, axes.xaxis)
    if chart.y.log:
        _ratios(axes, axes.yaxis)
    if chart.span:
        axes.set_xlim(*(_scale(chart.x) * end for end in chart.span))
    axes.grid(axis="y")
    axes.set_title("\n".join(wrapped(chart.title, _LONGEST)), loc="left")
    axes.set_xlabel(visible(_words(chart.x)))
    axes.set_ylabel(visible(_words(chart.y)))
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.24), borderaxespad=0, handlelength=2.4)


def _ratios(axes: Any, axis: Any) -> None:
    """Equal ratios are equally long; powers of ten have labels."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    (axes.set_xscale if axis is axes.xaxis else axes.set_yscale)("log")
    axis.set_major_formatter(FuncFormatter(lambda value, _: _power(value)))
    axis.set_minor_formatter(NullFormatter())


def _power(value: float) -> str:
    """0.001 as 10⁻³."""
    exponent = math.log10(value) if value > 0 else math.nan
    if not exponent.is_integer():
        return f"{value:g}"
    return "10" + f"{exponent:.0f}".translate(_RAISED)


def _curve(curve: Curve, chart: Chart, axes: Any, owner: int, scale: float) -> None:
    along = _scale(chart.x)
    xs = [along * x for x in curve.xs]
    colour = FAINT if curve.faint else COLOURS[owner % len(COLOURS)]
    ys = [scale * y if math.isfinite(y) else math.nan for y in curve.ys]
    mark = MARKS[owner % len(MARKS)] if chart.marked else None
    name = None if curve.faint else visible(curve.label)
    width = 0.5 if curve.faint else None
    axes.plot(xs, ys, color=colour, marker=mark, label=name, linewidth=width)
    if curve.lows:
        lows, highs = ([scale * end for end in ends] for ends in (curve.lows, curve.highs))
        axes.fill_between(xs, lows, highs, color=colour, alpha=0.18, linewidth=0)


def _scale(axis: Axis) -> float:
    """Shares are drawn in percent, as they are written everywhere."""
    return 100.0 if axis.score in SHARES else 1.0


def _words(axis: Axis) -> str:
    """What is measured along it."""
    return axis.name or (title(axis.score) if axis.score else axis.unit)
