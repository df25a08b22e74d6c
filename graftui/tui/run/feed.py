"""What is asked about one run: all that is known of it, and of what is long what is in view."""

from dataclasses import dataclass, replace

from graftui.measured import Artifact, CurveKey, Score, Series
from graftui.models import Run
from graftui.registry.store import Store
from graftui.scheduler.condition import observed, observed_files
from graftui.scheduler.settle import directory
from graftui.tui.feed import Source
from graftui.tui.run.log import WINDOW, Log, LogWindow


@dataclass(frozen=True, slots=True)
class RunPage:
    """The details of a run."""

    id: str
    tab: str = "summary"
    """The tab that is open: curves and log are read only for it."""
    curves: tuple[CurveKey, ...] = ()
    """The curves in view: only those are read."""
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
    curves: tuple[CurveKey, ...] | None = None
    """Which curves it has; None: not asked for."""
    series: tuple[Series, ...] = ()
    """The curves that were asked for."""
    log: Log | None = None
    """None: not asked for."""


@dataclass(frozen=True, slots=True)
class _Curves:
    """What was read last."""

    key: tuple[object, ...] = ()
    all: tuple[CurveKey, ...] = ()
    series: tuple[Series, ...] = ()


class RunFeed:
    """Reads the details of the run under the cursor."""

    def __init__(self) -> None:
        self._curves = _Curves()
        self._log: LogWindow | None = None

    def read(self, source: Source, question: RunPage) -> Detail | None:
        """The run as it is now; None: it is gone."""
        store, id = source.store, question.id
        run = store.find(id)
        if run is None:
            return None
        (run,) = observed(source.settings, [run], source.now)
        files = observed_files(source.settings, run, store.artifacts(id))
        seen = Detail(run, source.now, tuple(store.scores([id])[id]), tuple(files))
        if question.tab == "curves":
            curves = self._read_curves(store, run, question.curves)
            return replace(seen, curves=curves.all, series=curves.series)
        if question.tab == "log":
            return replace(seen, log=self._window(source, run).read(question.log_lines))
        return seen

    def _read_curves(self, store: Store, run: Run, keys: tuple[CurveKey, ...]) -> _Curves:
        """Read anew only if others are in view, or the run has been heard of since."""
        key = (run.id, run.heard_at, run.status, keys)
        if self._curves.key != key:
            series = tuple(store.series(run.id, keys)) if keys else ()
            self._curves = _Curves(key, tuple(store.curves(run.id)), series)
        return self._curves

    def _window(self, source: Source, run: Run) -> LogWindow:
        run_dir = directory(source.settings, run)
        if self._log is None or self._log.run_dir != run_dir:
            self._log = LogWindow(run_dir)
        return self._log
