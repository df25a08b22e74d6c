"""What `show --curves` prints: the curves of a run as charts, looked at as in the dashboard."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from graftui.cli import writing
from graftui.errors import UsageError
from graftui.models import Run
from graftui.registry.moments import StepTimes
from graftui.registry.store import Store
from graftui.results.curve_view import (
    ALONG,
    SMOOTH,
    TIME,
    Moments,
    View,
    changing,
    chart,
    described,
    over,
    ruler,
)
from graftui.results.figures import compact, counted
from graftui.scheduler.settle import directory
from graftui.settings import Settings
from graftui.show import charts
from graftui.show.press.charts import figure
from graftui.terminal import Console


def view_of(along: str, smooth: float, log: bool) -> View:
    """How somebody wants to look. Raises UsageError."""
    try:
        return View(along, smooth, log).checked()
    except ValueError:
        raise UsageError(
            f"--x {along} --smooth {smooth:g}: curves cannot be looked at so.",
            f"--x is {', '.join(ALONG)}; --smooth {', '.join(f'{w:g}' for w in SMOOTH)}.",
        ) from None


def show(
    store: Store,
    settings: Settings,
    run: Run,
    console: Console,
    view: View,
    picture: Path | None = None,
) -> None:
    """A chart for each thing that is measured, one below the other; or as a figure in a file."""
    extents = store.extents(run.id)
    moments: Mapping[str, Moments] = {}
    if view.along == TIME:
        moments = StepTimes(directory(settings, run)).read()
    measure = ruler(run, view.along, moments)
    span = measure.span(extents, view.planned)
    if span is None:
        console.print("No curves yet.", style="dim")
        return
    drawn, constant = changing(extents)
    keys = [key for outline in drawn for key in outline.keys]
    series = {curve.key: curve for curve in store.series(run.id, keys)}
    whole = [chart(outline, series, view, measure) for outline in drawn]
    plots = [over(each, span) for each in whole]
    if picture is not None:
        writing.write_picture(partial(figure, plots), picture, counted(len(plots), "plot"))
        return
    charts.show(plots, console)
    if same := [f"{name} {compact(value)}" for name, value in constant]:
        console.print("the same all along  " + "  ".join(same), style="dim")
    console.print(described(view, measure, span, span), style="dim")
