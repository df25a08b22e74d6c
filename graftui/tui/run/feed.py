"""What is asked about one run: all that is known of it, and of what is long what is in view."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graftui.measured import Artifact, CurveExtent, CurveKey, Score, Series
from graftui.models import Run
from graftui.registry.moments import StepTimes
from graftui.results.curve_view import STEP, TIME, Moments
from graftui.scheduler.condition import observed, observed_files
from graftui.scheduler.settle import directory
from graftui.tui.feed import Source
from graftui.tui.run.log import WINDOW, Log, LogWindow

Changes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunPage:
    """The details of a run."""

    id: str
    tab: str = "summary"
    """The tab that is open: curves and log are read only for it."""
    curves: tuple[CurveKey, ...] = ()
    """The curves in view: only those are read."""
    along: str = STEP
    """What x is in them."""
    log_lines: int = WINDOW
    """Of what it said, this many lines at the most, the last ones."""

    def feed(self) -> "RunFeed":
        """What answers it."""
        return RunFeed()


@dataclass(frozen=True, slots=True)
class Detail:
    """All that is known of one run."""

    run: Run
    now: float
    """Seconds since the epoch."""
    scores: tuple[Score, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    curves: tuple[CurveExtent, ...] | None = None
    """Which curves it has; None: not asked for."""
    series: tuple[Series, ...] = ()
    """The curves that were asked for."""
    moments: Mapping[str, Moments] = field(default_factory=dict)
    """When their steps were, by phase; empty: not asked for."""
    log: Log | None = None
    """None: not asked for."""


class RunFeed:
    """Reads the details of the run under the cursor."""

    def __init__(self) -> None:
        self._key: object = None
        """Of which run and curves, and as of when, `_curves` was read."""
        self._curves: Changes = {}
        self._log: LogWindow | None = None
        self._times: StepTimes | None = None
        self._tabs: dict[str, Callable[[Source, Run, RunPage], Changes]] = {
            "curves": self._read_curves, "log": self._read_log,
        }  # fmt: skip
        """What is read for some tabs alone: fields of Detail."""

    def read(self, source: Source, question: RunPage) -> Detail | None:
        """The run as it is now; None: it is gone."""
        store, id = source.store, question.id
        run = store.find(id)
        if run is None:
            return None
        (run,) = observed(source.settings, [run], source.now)
        files = observed_files(source.settings, run, store.artifacts(id))
        seen = Detail(run, source.now, tuple(store.scores([id])[id]), tuple(files))
        read = self._tabs.get(question.tab)
        return replace(seen, **read(source, run, question)) if read else seen

    def _read_curves(self, source: Source, run: Run, question: RunPage) -> Changes:
        """Read anew only if others are in view, or the run has been heard of since."""
        keys, timed = question.curves, question.along == TIME
        if self._key != (key := (run.id, run.heard_at, run.status, keys, timed)):
            series = tuple(source.store.series(run.id, keys)) if keys else ()
            extents = tuple(source.store.extents(run.id))
            moments = self._moments(source, run) if timed else {}
            self._key = key
            self._curves = {"curves": extents, "series": series, "moments": moments}
        return self._curves

    def _moments(self, source: Source, run: Run) -> Mapping[str, Moments]:
        run_dir = directory(source.settings, run)
        if self._times is None or self._times.run_dir != run_dir:
            self._times = StepTimes(run_dir)
        return self._times.read()

    def _read_log(self, source: Source, run: Run, question: RunPage) -> Changes:
        run_dir = directory(source.settings, run)
        if self._log is None or self._log.run_dir != run_dir:
            self._log = LogWindow(run_dir)
        return {"log": self._log.read(question.log_lines)}
