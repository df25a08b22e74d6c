"""What the runs screen asks: a page of the runs that meet a filter, and how many there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graftui.errors import GraftuiError, UsageError
from graftui.models import Run, RunStatus
from graftui.registry.query.grammar import parse
from graftui.registry.query.tree import EVERYTHING, Condition
from graftui.registry.query.unarchived import unarchived
from graftui.scheduler.condition import observed
from graftui.tui.feed import Source

PAGE = 1000
"""Runs in the table at once: a DataTable takes 50 ms for as many, and 2.4 s for 10,000."""


@dataclass(frozen=True, slots=True)
class RunsPage:
    """A page of runs."""

    text: str = ""
    """The filter box: conditions and words to search for."""
    sort: str = "-created"
    page: int = 0

    def feed(self) -> "RunsFeed":
        """What answers it."""
        return RunsFeed()


@dataclass(frozen=True, slots=True)
class RunsSeen:
    """A page of runs at one instant."""

    question: RunsPage
    now: float
    """Seconds since the epoch."""
    runs: tuple[Run, ...] = ()
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
        self._runs: tuple[Run, ...] = ()
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
            self._runs,
            self._total,
            source.store.count(unarchived(EVERYTHING)),
            _counts(source),
            tuple(run.id for run in source.active),
            source.view_only,
            problem,
        )

    def _read_page(self, source: Source, question: RunsPage) -> None:
        where = unarchived(parse(question.text))
        runs = source.store.list(
            where=where, sort=question.sort, limit=PAGE, offset=question.page * PAGE
        )
        self._total = source.store.count(where)
        self._runs = tuple(observed(source.settings, runs, source.now))


def _counts(source: Source) -> Mapping[RunStatus, int]:
    counts = {status: sum(run.status is status for run in source.active) for status in RunStatus}
    for status in (RunStatus.held, RunStatus.failed, RunStatus.lost):
        counts[status] = source.store.count(Condition("status", "=", (status,)))
    return counts
