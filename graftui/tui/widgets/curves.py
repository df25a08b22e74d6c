"""The curves of a run, one plot for each thing that is measured. Reads nothing itself."""

import math
from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Grid, VerticalScroll
from textual.widgets import Static

from graftui.compare.figures import METRICS
from graftui.models import Series
from graftui.tui.widgets.plot import Curve, Plot

_FIRST = ("loss", *METRICS, "score", "weights", "fraction", "sparsity")
_PLOT_WIDTH = 38
_PLOT_HEIGHT = 8
Groups = dict[str, tuple[Curve, ...]]


def groups(series: Sequence[Series]) -> Groups:
    """What is measured -> its curves: train/loss and dev/loss share a plot, so do sparsities."""
    found: dict[str, list[tuple[str, Series]]] = {}
    for one in series:
        phase, _, what = one.name.partition("/")
        what, _, at = what.partition("@")
        found.setdefault(what or phase, []).append((at or phase, _finite(one)))
    order = sorted(found, key=lambda what: (*_place(what), what))
    return {what: tuple(Curve(label, one) for label, one in found[what]) for what in order}


def _finite(series: Series) -> Series:
    if all(map(math.isfinite, series.values)):
        return series
    points = zip(series.steps, series.values, strict=True)
    kept = [(step, value) for step, value in points if math.isfinite(value)]
    return Series(series.name, tuple(s for s, _ in kept), tuple(v for _, v in kept))


def _place(what: str) -> tuple[int, ...]:
    return (_FIRST.index(what) if what in _FIRST else len(_FIRST),)


class Curves(VerticalScroll):
    """A grid of plots."""

    def compose(self) -> ComposeResult:
        """The note for a run without curves, and the grid."""
        yield Static("No curves yet.", id="no-curves", classes="empty")
        yield Grid(id="plots")

    def show(self, series: Sequence[Series]) -> None:
        """Show these; plots that are there already only change their curves."""
        wanted = groups(series)
        grid = self.query_one("#plots", Grid)
        plots = {plot.title: plot for plot in grid.query(Plot)}
        self.set_class(not wanted, "-empty")
        if list(plots) == list(wanted):
            for what, curves in wanted.items():
                plots[what].show(curves)
            return
        with self.app.batch_update():
            grid.remove_children()
            grid.mount_all(Plot(what, curves) for what, curves in wanted.items())
        self._arrange(len(wanted))

    def on_resize(self, event: events.Resize) -> None:
        """As many beside each other as are readable."""
        self._arrange(len(self.query(Plot)))

    def _arrange(self, count: int) -> None:
        if not count or not self.size.width:
            return
        rows = -(-count // max(1, self.size.width // _PLOT_WIDTH))
        across = -(-count // rows)  # 2 + 2 rather than 3 + 1
        grid = self.query_one("#plots", Grid)
        grid.styles.grid_size_columns = across
        height = max(_PLOT_HEIGHT, self.size.height // rows)
        grid.styles.grid_rows = str(height)
        grid.styles.height = height * rows
