"""What is asked about one run: all that is known of it, and of what is long what is in view."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.contract.provenance import Provenance
from graftui import kinds
from graftui.errors import UsageError
from graftui.kinds import Card, Grid
from graftui.measured import Artifact, CurveExtent, CurveKey, Score, Series
from graftui.models import Attempt, Run
from graftui.registry.moments import StepTimes
from graftui.registry.provenance import recorded
from graftui.results.curve_view import STEP, TIME, Moments
from graftui.results.evidence.card import Card as EvidenceCard
from graftui.results.files import files_in
from graftui.results.made import result_of
from graftui.results.maps import RunMap, map_of
from graftui.scheduler.condition import observed, observed_files
from graftui.scheduler.settle import directory
from graftui.tui.feed import Source
from graftui.tui.run.evidence import card_in, stamp
from graftui.tui.run.log import Log, LogAsk
from graftui.tui.run.pages import LogPages

if TYPE_CHECKING:  # it imports pydantic, which the first paint does not wait for
    from graftui.results.origins import Told

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
    log: LogAsk = LogAsk()
    """Which page of its log."""

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
    cards: tuple[Card, ...] = ()
    """What its kind says of its result."""
    grids: tuple[Grid, ...] = ()
    """The same as tables."""
    evidence: EvidenceCard | None = None
    """Its card of evidence; None: it has none, or was not asked for."""
    settings: "tuple[Told, ...] | None" = None
    """Its config, and where that came from. None: not asked for."""
    attempts: tuple[Attempt, ...] | None = None
    """None: not asked for."""
    provenance: Provenance = field(default_factory=dict)
    """What its last attempt noted."""
    files: tuple[Artifact, ...] | None = None
    """All that lies in its folder, and what it made that does not any more. None: not asked for."""
    folder: str = ""
    """Its run directory; empty: not asked for."""
    map: RunMap | None = None
    """None: it has none, or was not asked for."""
    trouble: str = ""
    """Why what was asked for cannot be read."""


class RunFeed:
    """Reads the details of the run under the cursor."""

    def __init__(self) -> None:
        self._key: object = None
        """Of which run and curves, and as of when, `_curves` was read."""
        self._curves: Changes = {}
        self._log: LogPages | None = None
        self._times: StepTimes | None = None
        self._kept: dict[str, tuple[object, Changes]] = {}
        """Tab -> of which run, and as of when, what was read for it."""
        self._tabs: dict[str, Callable[[Source, Run, RunPage], Changes]] = {
            "summary": self._read_cards, "curves": self._read_curves, "log": self._read_log,
            "config": self._read_config, "attempts": _read_attempts, "files": _read_files,
            "map": self._read_map,
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
            self._log = LogPages(run_dir)
        return {"log": self._log.read(question.log)}

    def _once(self, tab: str, key: object, read: Callable[[], Changes]) -> Changes:
        """Read anew only where something may have changed."""
        if tab not in self._kept or self._kept[tab][0] != key:
            self._kept[tab] = key, read()
        return self._kept[tab][1]

    def _read_cards(self, source: Source, run: Run, question: RunPage) -> Changes:
        """Of a run that has ended."""
        folder = directory(source.settings, run).path
        key = run.id, run.status, run.ended_at, stamp(folder)

        def read() -> Changes:
            return {**_told_by_kind(source, run), "evidence": card_in(folder)}

        return self._once("summary", key, read)

    def _read_config(self, source: Source, run: Run, question: RunPage) -> Changes:
        """A run that waits can be given another."""

        def read() -> Changes:
            from graftui.results.origins import told  # imports pydantic: only for who opens the tab

            return {"settings": told(run, source.settings)}

        return self._once("config", (run.id, run.config_hash), read)

    def _read_map(self, source: Source, run: Run, question: RunPage) -> Changes:
        path = directory(source.settings, run).path

        def read() -> Changes:
            try:
                return {"map": map_of(path)}
            except UsageError as error:
                return {"trouble": error.message}

        return self._once("map", (run.id, run.heard_at, run.status), read)


def _told_by_kind(source: Source, run: Run) -> Changes:
    result, kind = result_of(directory(source.settings, run)), kinds.shown(run.kind)
    return {"cards": tuple(kind.cards(result)), "grids": tuple(kind.grids(result))}


def _read_attempts(source: Source, run: Run, question: RunPage) -> Changes:
    attempts = tuple(source.store.attempts(run.id))
    noted = recorded(directory(source.settings, run), run.attempt.n) if attempts else {}
    return {"attempts": attempts, "provenance": noted}


def _read_files(source: Source, run: Run, question: RunPage) -> Changes:
    folder = directory(source.settings, run).path
    made = {file.path: file for file in observed_files(
        source.settings, run, source.store.artifacts(run.id))}  # fmt: skip
    return {"files": files_in(folder, made), "folder": str(folder)}
