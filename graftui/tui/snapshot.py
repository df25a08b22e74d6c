"""What the dashboard shows, as one frozen value, and the question that it answers.

Takes no snapshot itself: that is reader.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graftui.errors import GraftuiError
from graftui.models import Artifact, Run, RunStatus, Score, Series

PAGE = 1000
"""Runs in the table at once: a DataTable takes 50 ms for as many, and 2.4 s for 10,000."""


@dataclass(frozen=True, slots=True)
class Query:
    """What the runs screen wants to see."""

    text: str = ""
    """The filter box: conditions and words to search for."""
    sort: str = "-created"
    page: int = 0
    selected: str = ""
    """Id of the run whose details are wanted; empty: none."""
    tab: str = "summary"
    """The tab of the details that is open: curves and log are read only for it."""
    curves: tuple[str, ...] = ()
    """Names of the curves in view: only those are read."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a run's log."""

    t: float | None
    """None: a line of output.log, which has no times."""
    text: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Detail:
    """All that is known of one run."""

    run: Run
    scores: tuple[Score, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    curves: tuple[str, ...] | None = None
    """Names of all its curves; None: not asked for."""
    series: tuple[Series, ...] = ()
    """The curves that were asked for."""
    log: tuple[LogLine, ...] | None = None
    """None: not asked for."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The registry at one instant."""

    query: Query
    now: float
    """Seconds since the epoch."""
    runs: tuple[Run, ...] = ()
    """The page of runs that meet the query."""
    total: int = 0
    """How many runs meet it, on all pages."""
    every: int = 0
    """How many runs there are."""
    counts: Mapping[RunStatus, int] = field(default_factory=dict)
    active: tuple[str, ...] = ()
    """Ids of the runs that still have something to do."""
    detail: Detail | None = None
    problem: GraftuiError | None = None
    """What is wrong with the query; the runs are then those of the one before."""
