"""The curves of a run, one plot for each thing that is measured. Reads nothing itself.

Of a graft of several sparsities, first the metric over the share of the weights.
"""

import math
from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Grid, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from graftui.compare.figures import (
    METRICS,
    STAGES,
    localizer,
    metric_of,
    stage_title,
    title,
)
from graftui.models import Score, Series
from graftui.tui.widgets.plot import Curve, Ends, Plot, number, steps

_FIRST = ("loss", *METRICS, "score", "weights", "fraction", "sparsity")
_PLOT_WIDTH = 38
_PLOT_HEIGHT = 8
_DECADE = 1000
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


def over_sizes(scores: Sequence[Score]) -> Groups:
    """The metric on the test set over the share of weights; nothing for fewer than two grafts.

    Along x its logarithm, in thousandths of a decade: a Series counts in whole steps.
    """
    tested = [one for one in scores if one.split == "test"]
    metric = metric_of(name for one in tested for name in one.scores)
    points: dict[str, list[tuple[int, float]]] = {}
    for one in tested:
        share = one.scores.get("fraction", 0)
        if metric in one.scores and share > 0:
            at = round(_DECADE * math.log10(share)), 100 * one.scores[metric]
            points.setdefault(one.stage, []).append(at)
    sizes = {x for found in points.values() for x, _ in found}
    if len(sizes) < 2:
        return {}
    for one in tested:  # whole models: a level
        if one.sparsity is None and metric in one.scores:
            level = 100 * one.scores[metric]
            points[one.stage] = [(min(sizes), level), (max(sizes), level)]
    chosen_by = localizer(tested)
    curves = [
        Curve(
            stage_title(stage, chosen_by),
            _finite(Series(stage, *zip(*sorted(points[stage]), strict=True))),
        )
        for stage in STAGES
        if stage in points
    ]
    return {f"{title(metric)} by size": tuple(curves)}


def shares(left: float, right: float) -> tuple[str, str]:
    """The ends of an axis of `over_sizes`."""
    first, last = (number(10 ** (end / _DECADE)) for end in (left, right))
    return first, f"{last} of the weights"


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
        """The note for a run without curves, the plot over sizes, the grid of plots over steps."""
        yield Static("No curves yet.", id="no-curves", classes="empty")
        yield Vertical(id="sizes")
        yield Grid(id="plots")

    def show(self, series: Sequence[Series], scores: Sequence[Score]) -> None:
        """Show these; plots that are there already only change their curves."""
        sized, over_steps = over_sizes(scores), groups(series)
        self.set_class(not (sized or over_steps), "-empty")
        self._fill(self.query_one("#sizes"), sized, shares)
        if self._fill(self.query_one("#plots"), over_steps, steps):
            self._arrange(len(over_steps))

    def _fill(self, place: Widget, wanted: Groups, ends: Ends) -> bool:
        """Whether there are other plots than before."""
        plots = {plot.title: plot for plot in place.query(Plot)}
        if list(plots) == list(wanted):
            for what, curves in wanted.items():
                plots[what].show(curves)
            return False
        with self.app.batch_update():
            place.remove_children()
            place.mount_all(Plot(what, curves, ends) for what, curves in wanted.items())
        return True

    def on_resize(self, event: events.Resize) -> None:
        """As many beside each other as are readable."""
        self._arrange(len(self.query_one("#plots").query(Plot)))

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
