"""What all figures share: their style, and how one becomes bytes. Alone needs matplotlib.

Sizes are those of a paper of two columns: 3.25 inches a column, text of 7 to 8 points.
"""

import io
import textwrap
from collections.abc import Sequence
from typing import Any

from graftui.errors import UsageError
from graftui.text import visible

COLUMN_INCHES = 3.25
DOTS_AN_INCH = 300
"""Of a PNG."""
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Told apart by those who see no red or green as well (Okabe and Ito 2008)."""
MARKS = ("o", "s", "^", "D", "v", "P", "X")
FAINT = "#999999"

_STYLE: dict[str, Any] = {
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 7,
    "axes.titlesize": 7, "axes.labelsize": 7, "xtick.labelsize": 6.5, "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5, "legend.frameon": False, "axes.linewidth": 0.6, "grid.linewidth": 0.4,
    "grid.color": "#dddddd", "lines.linewidth": 1.1, "lines.markersize": 3.2,
    "xtick.major.width": 0.6, "ytick.major.width": 0.6, "axes.spines.top": False,
    "axes.spines.right": False, "axes.axisbelow": True, "text.parse_math": False,
    "pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "graftui",
    "savefig.dpi": DOTS_AN_INCH, "figure.constrained_layout.use": True,
}  # fmt: skip
_UNDATED: dict[str, dict[str, None]] = {
    "pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {"Software": None},
}  # fmt: skip
"""Ending of a file, without the dot -> what keeps the moment of its making out of it."""


class Canvas:
    """A figure that is being drawn, in the style of all."""

    def __init__(self, width: float, height: float) -> None:
        """In inches. Raises UsageError where matplotlib is not installed."""
        self._library = _matplotlib()
        with self._library.rc_context(_STYLE):
            from matplotlib.figure import Figure

            self._figure = Figure(figsize=(width, height))

    def axes(self, rows: int, columns: int, heights: Sequence[float] = ()) -> list[Any]:
        """Axes in a grid, row by row; `heights`: of the rows, as shares."""
        with self._library.rc_context(_STYLE):
            grid = {"height_ratios": list(heights)} if heights else None
            made = self._figure.subplots(rows, columns, squeeze=False, gridspec_kw=grid)
        return [axes for row in made for axes in row]

    def bytes_of(self, form: str) -> bytes:
        """As "pdf", "svg" or "png"."""
        file = io.BytesIO()
        with self._library.rc_context(_STYLE):
            self._figure.savefig(file, format=form, metadata=_UNDATED[form])
        return file.getvalue()

    @property
    def figure(self) -> Any:
        """matplotlib's own."""
        return self._figure

    def styled(self) -> Any:
        """A context in which all that is made has the style."""
        return self._library.rc_context(_STYLE)


def wrapped(text: str, width: int) -> list[str]:
    """Its lines, none longer than `width` letters where words allow."""
    parts = (textwrap.wrap(visible(part), max(8, width)) for part in text.split("\n"))
    return [line for part in parts for line in part]


def _matplotlib() -> Any:
    try:
        import matplotlib
    except ImportError:
        raise UsageError(
            "Figures are drawn by matplotlib, which is not installed.",
            "pip install 'graftui[figures]'; or leave out -o, and read the plot on the screen.",
        ) from None
    return matplotlib
