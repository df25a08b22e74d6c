"""What a sweep's screen asks: the sweep as a matrix, and the runs of the cell under the cursor."""

from collections.abc import Mapping
from dataclasses import dataclass

from graftui.models import Run
from graftui.planning.sweeps import sweep as files
from graftui.planning.sweeps.states import CellState, counts, under_way
from graftui.planning.sweeps.sweep import Sweep
from graftui.results import sweep_matrix
from graftui.results.sweep_matrix import Layout, Matrix
from graftui.scheduler.condition import observed
from graftui.scheduler.queue.remaining import remaining_s
from graftui.tui.feed import Source
from graftui.tui.sweeps.standing import Standings


@dataclass(frozen=True, slots=True)
class SweepPage:
    """A sweep, as it is to be shown."""

    id: str
    layout: Layout | None = None
    """Where its axes stand; None: as usual."""
    figure: str = ""
    """Of its results; empty: the main one."""

    def feed(self) -> "SweepFeed":
        """What answers it."""
        return SweepFeed()


@dataclass(frozen=True, slots=True)
class SweepSeen:
    """A sweep as it stood."""

    sweep: Sweep
    now: float
    """Seconds since the epoch."""
    matrix: Matrix
    counts: Mapping[CellState, int]
    left_s: float | None
    """Seconds until what is under way is over; None: nobody knows."""
    axes: tuple[str, ...]
    """Those that vary."""
    figures: tuple[str, ...]
    """What there is to be shown of results."""
    why: tuple[str, ...]
    """Why there are runs that do not count."""


@dataclass(frozen=True, slots=True)
class Gone:
    """There is no such sweep any more."""


class SweepFeed:
    """Reads sweeps."""

    def __init__(self) -> None:
        self._standings = Standings()

    def read(self, source: Source, question: SweepPage) -> SweepSeen | Gone:
        """As it is now."""
        sweep = files.find(source.settings, question.id)
        if sweep is None:
            return Gone()
        cells = self._standings.of(source, sweep)
        ids = under_way(cells)
        results = [result for own in cells for result in own]
        return SweepSeen(
            sweep,
            source.now,
            sweep_matrix.matrix(cells, question.layout, question.figure),
            counts(cells),
            remaining_s(source.settings, source.store, ids) if ids else None,
            tuple(sweep_matrix.axes_of(cells)),
            tuple(sweep_matrix.figures(cells)),
            tuple(dict.fromkeys(result.why for result in results if result.why)),
        )


@dataclass(frozen=True, slots=True)
class CellRuns:
    """Runs, by id, and those that they are made from."""

    ids: tuple[str, ...]

    def feed(self) -> "CellRunsFeed":
        """What answers it."""
        return CellRunsFeed()


class CellRunsFeed:
    """Reads the runs of cells."""

    def read(self, source: Source, question: CellRuns) -> tuple[Run, ...]:
        """Each after those that it is made from; those that are gone are left out."""
        runs: dict[str, Run] = {}
        for run in filter(None, map(source.store.find, question.ids)):
            for made_from in filter(None, map(source.store.find, run.sources)):
                runs[made_from.id] = made_from
            runs[run.id] = run
        return tuple(observed(source.settings, runs.values(), source.now))
