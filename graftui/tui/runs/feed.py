"""What the runs screen asks: a page of the runs that meet a filter, and how many there are.

What is at work stands above the first page, whatever the order: a queued grid never hides it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from graftui.errors import GraftuiError, UsageError
from graftui.models import Run, RunStatus
from graftui.registry.measured import loss
from graftui.registry.query.grammar import parse
from graftui.registry.query.listed import stamps
from graftui.registry.query.tree import EVERYTHING, Condition, Not, Query, all_of
from graftui.registry.query.unarchived import unarchived
from graftui.scheduler.condition import observed
from graftui.tui.feed import Source
from graftui.tui.runs.grouping import Grouping, Groups
from graftui.tui.runs.kept import Kept
from graftui.tui.runs.nesting import nested

if TYPE_CHECKING:  # it imports pydantic, which the first paint does not wait for
    from graftui.results.run_groups import RunGroup

PAGE = 1000
"""Runs in the table at once: each look reads their stamps, and the runs that changed, anew."""
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
    by: tuple[str, ...] = ()
    """Keys that runs are grouped by; none: they are not."""
    opened: frozenset[str] = frozenset()
    """Keys of the groups whose runs are to be seen."""
    nested: bool = False
    """Whether a run stands below the one that it is made from, if both are on the page."""

    def feed(self) -> "RunsFeed":
        """What answers it."""
        return RunsFeed()


@dataclass(frozen=True, slots=True)
class RunLine:
    """A row of the table that is a run."""

    run: Run
    loss: tuple[float, ...] = ()
    """Of one at work, its curve in some points."""
    depth: int = 0
    """How many rows it stands below."""

    @property
    def key(self) -> str:
        """What tells it from the other rows."""
        return self.run.id

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the runs that a verb is about whose cursor is here."""
        return (self.run.id,)


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A row of the table that is a group of runs."""

    group: "RunGroup"
    opened: bool

    @property
    def key(self) -> str:
        """What tells it from the other rows."""
        return self.group.key

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the runs that a verb is about whose cursor is here."""
        return tuple(run.id for run in self.group.runs)


Line = RunLine | GroupLine


@dataclass(frozen=True, slots=True)
class RunsSeen:
    """A page of runs at one instant."""

    question: RunsPage
    now: float
    """Seconds since the epoch."""
    lines: tuple[Line, ...] = ()
    total: int = 0
    """How many runs meet the filter, on all pages."""
    every: int = 0
    """How many runs there are, archived ones aside."""
    counts: Mapping[RunStatus, int] = field(default_factory=dict)
    active: tuple[str, ...] = ()
    """Ids of the runs that still have something to do."""
    view_only: bool = False
    """They come from a view in memory."""
    rows: int = 0
    """How many lines there are, on all pages."""
    groups: int = 0
    """How many groups the runs are in."""
    problem: GraftuiError | None = None
    """What is wrong with the question; the runs are then those of the one before."""


class RunsFeed:
    """Reads pages of runs."""

    def __init__(self) -> None:
        self._lines: tuple[Line, ...] = ()
        self._total = self._rows = 0
        self._groups = Groups()
        self._kept = Kept()

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
            self._rows,
            len(self._groups.made) if question.by else 0,
            problem,
        )

    def _read_page(self, source: Source, question: RunsPage) -> None:
        where = unarchived(parse(question.text))
        if question.by:
            asked = Grouping(question.by, question.sort, question.columns)
            lines = _folded(self._groups.read(source, asked, where), question.opened)
            start = question.page * PAGE
            self._rows, self._total = len(lines), source.store.count(where)
            self._lines = _with_curves(source, lines[start : start + PAGE])
            return
        pinned = _pinned(source, where, question.sort)
        rest = all_of(where, Not(_of([id for id, _ in pinned]))) if pinned else where
        above = [] if question.page else pinned
        offset = max(0, question.page * PAGE - len(pinned))
        limit = PAGE - len(above)
        order = [*above, *stamps(source.store.db, rest, question.sort, limit, offset)]
        self._rows = self._total = source.store.count(where)
        runs = self._kept.read(source.store, order, question.columns)
        seen = observed(source.settings, runs, source.now)
        placed = nested(seen) if question.nested else [(run, 0) for run in seen]
        self._lines = _with_curves(source, [RunLine(run, depth=depth) for run, depth in placed])


def _pinned(source: Source, where: Query, sort: str) -> list[tuple[str, object]]:
    """The runs at work that meet the filter, in the order of the others: their stamps."""
    ids = [run.id for run in source.active if run.status is not RunStatus.queued]
    if not ids:
        return []
    return [*stamps(source.store.db, all_of(where, _of(ids)), sort, _PINNED)]


def _of(ids: Sequence[str]) -> Condition:
    return Condition("id", "=", tuple(ids))


def _folded(groups: "Sequence[RunGroup]", opened: frozenset[str]) -> list[Line]:
    """A line a group, and below those that are `opened` one a run."""
    lines: list[Line] = []
    for group in groups:
        lines.append(GroupLine(group, group.key in opened))
        if group.key in opened:
            lines += [RunLine(run, depth=1) for run in group.runs]
    return lines


def _with_curves(source: Source, lines: Sequence[Line]) -> tuple[Line, ...]:
    """`lines`, those of runs at work with the curve of their loss."""
    return tuple(
        replace(line, loss=tuple(loss(source.store.db, line.run.id, _POINTS)))
        if isinstance(line, RunLine) and line.run.status is RunStatus.running
        else line
        for line in lines
    )


def _counts(source: Source) -> Mapping[RunStatus, int]:
    counts = {status: sum(run.status is status for run in source.active) for status in RunStatus}
    for status in (RunStatus.held, RunStatus.failed, RunStatus.lost):
        counts[status] = source.store.count(Condition("status", "=", (status,)))
    return counts
