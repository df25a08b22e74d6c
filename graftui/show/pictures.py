"""Charts as a picture: what the terminal shows of them, as SVG."""

import io
from collections.abc import Sequence

from graftui.results.chart import Chart
from graftui.show import charts as printing
from graftui.terminal import Console

_WIDTH = 110
"""Cells of a line."""


def to_svg(charts: Sequence[Chart], title: str) -> str:
    """All of them, one below the other."""
    console = Console(
        record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True,
        color_system="truecolor", legacy_windows=False,
    )  # fmt: skip
    printing.show(charts, console)
    return console.export_svg(title=title)
