"""The runs of a trial: the cells that it comes to, how they do, and which are its own alone."""

from collections.abc import Collection, Iterable, Sequence
from statistics import fmean

from graftui.measured import CurveKey
from graftui.models import Run
from graftui.planning.reuse import alike
from graftui.planning.sweeps.axes import Point
from graftui.planning.sweeps.search.space import Search
from graftui.planning.sweeps.sweep import Cell, Sweep, identities
from graftui.registry.store import Store
from graftui.settings import Settings


def cells_at(sweep: Sweep, points: Sequence[Point]) -> tuple[Cell, ...]:
    """The cells of a sweep at these points; none if one of them is missing."""
    cells = [next((cell for cell in sweep.cells if cell.at == point), None) for point in points]
    return tuple(cell for cell in cells if cell) if all(cells) else ()


def foretold(settings: Settings, search: Search, cells: Sequence[Cell]) -> dict[int, float]:
    """How a trial does, step -> value: the mean over its cells, of steps that all have come to.

    In the sense of what is sought: a loss is turned round where the most of something is.
    """
    falls = search.prune[0].rpartition("/")[2] == "loss"
    sign = -1 if falls is search.maximize else 1
    with Store.open(settings.db) as store:
        curves = [_curve(settings, store, search.prune, cell) for cell in cells]
    steps = set.intersection(*(set(curve) for curve in curves))
    return {step: sign * fmean(curve[step] for curve in curves) for step in steps}


def _curve(settings: Settings, store: Store, names: Sequence[str], cell: Cell) -> dict[int, float]:
    """The first of the curves that a run of a cell has."""
    newest = [runs[0] for runs in alike(settings, set(cell.runs.values())).values()]
    for name in names:
        for run in newest:
            for series in store.series(run.id, [CurveKey(name)]):
                return dict(zip(series.steps, series.values, strict=True))
    return {}


def own_runs(
    settings: Settings, cells: Sequence[Cell], others: Iterable[Collection[Cell]]
) -> list[Run]:
    """What is queued or at work for `cells` alone, newest first: for none of `others`, and for no
    run that waits for it from outside.
    """
    needed = identities([cell for cells in others for cell in cells])
    own = alike(settings, identities(cells) - needed)
    active = [run for runs in own.values() for run in runs if run.status.active]
    with Store.open(settings.db) as store:
        outside = [run for run in store.active() if run.config_hash not in own]
    wanted = {source for run in outside for source in run.sources}
    spared = [run for run in active if run.id not in wanted]
    return sorted(spared, key=lambda run: run.created_at, reverse=True)
