"""What the runs screen asks: a page of the runs that meet a filter, and how many there are.

What is at work stands above the first page, whatever the order: a queued grid never hides it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graftui.errors import GraftuiError, UsageError
from graftui.models import Run, RunStatus
from graftui.registry.measured import loss
from graftui.registry.query.grammar import parse
from graftui.registry.query.tree import EVERYTHING, Condition, Not, Query, all_of
from graftui.registry.query.unarchived import unarchived
from graftui.results.chosen_columns import with_figures
from graftui.results.columns import column
from graftui.scheduler.condition import observed
from graftui.tui.feed import Source

PAGE = 1000
"""Runs in the table at once: a DataTable takes 50 ms for as many, and 2.4 s for 10,000."""
_PINNED = 10
"""Runs at work that stand above the others, at most: a cluster may have hundreds."""
_POINTS = 24
"""Of the curve in a row."""


@dataclass(frozen=True, slots=True)
class RunsPage:
    """A page of runs."""

    text: str = ""
    """The filter box: conditions and words to search for."""
    sort: str = "-created"
    page: int = 0
    columns: tuple[str, ...] = ()
    """Names of those that were chosen."""

    def feed(self) -> "RunsFeed":
        """What answers it."""
        return RunsFeed()


@dataclass(frozen=True, slots=True)
class RunLine:
    """A row of the table that is a run."""

    run: Run
    loss: tuple[float, ...] = ()
    """Of one at work, its curve in some points."""

    @property
    def key(self) -> str:
        """What tells it from the other rows."""
        return self.run.id


@dataclass(frozen=True, slots=True)
class RunsSeen:
    """A page of runs at one instant."""

    question: RunsPage
    now: float
    """Seconds since the epoch."""
    lines: tuple[RunLine, ...] = ()
    total: int = 0
    """How many runs meet the filter, on all pages."""
    every: int = 0
    """How many runs there are, archived ones aside."""
    counts: Mapping[RunStatus, int] = field(default_factory=dict)
    active: tuple[str, ...] = ()
    """Ids of the runs that still have something to do."""
    view_only: bool = False
    """They come from a view in memory."""
    problem: GraftuiError | None = None
    """What is wrong with the question; the runs are then those of the one before."""


class RunsFeed:
    """Reads pages of runs."""

    def __init__(self) -> None:
        self._lines: tuple[RunLine, ...] = ()
        self._total = 0

    def read(self, source: Source, question: RunsPage) -> RunsSeen:
        """The page as it is now."""
        problem = None
        try:
            self._read_page(source, question)
        except UsageError as exc:
            problem = exc
        return RunsSeen(
            question,
            source.now,
            self._lines,
            self._total,
            source.store.count(unarchived(EVERYTHING)),
            _counts(source),
            tuple(run.id for run in source.active),
            source.view_only,
            problem,
        )

    def _read_page(self, source: Source, question: RunsPage) -> None:
        where = unarchived(parse(question.text))
        pinned = _pinned(source, where, question.sort)
        rest = all_of(where, Not(_ids(pinned))) if pinned else where
        above = [] if question.page else pinned
        offset = max(0, question.page * PAGE - len(pinned))
        limit = PAGE - len(above)
        runs = source.store.list(where=rest, sort=question.sort, limit=limit, offset=offset)
        runs = [*above, *runs]
        self._total = source.store.count(where)
        shown = with_figures(source.store, runs, map(column, question.columns))
        self._lines = _lines(source, observed(source.settings, shown, source.now))


def _pinned(source: Source, where: Query, sort: str) -> list[Run]:
    """The runs at work that meet the filter, in the order of the others."""
    ids = [run.id for run in source.active if run.status is not RunStatus.queued]
    if not ids:
        return []
    at_work = all_of(where, Condition("id", "=", tuple(ids)))
    return source.store.list(where=at_work, sort=sort, limit=_PINNED)


def _ids(runs: Sequence[Run]) -> Condition:
    return Condition("id", "=", tuple(run.id for run in runs))


def _lines(source: Source, runs: Sequence[Run]) -> tuple[RunLine, ...]:
    return tuple(
        RunLine(run, tuple(loss(source.store.db, run.id, _POINTS)))
        if run.status is RunStatus.running
        else RunLine(run)
        for run in runs
    )


def _counts(source: Source) -> Mapping[RunStatus, int]:
    counts = {status: sum(run.status is status for run in source.active) for status in RunStatus}
    for status in (RunStatus.held, RunStatus.failed, RunStatus.lost):
        counts[status] = source.store.count(Condition("status", "=", (status,)))
    return counts
