"""What the compare screen asks, a question a pane: only what is in view is read.

The imports within are those that need pydantic, which the first paint does not wait for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graftui.measured import Series
from graftui.models import Run
from graftui.results.cells import Table
from graftui.results.chart import Chart
from graftui.tui.feed import Source

if TYPE_CHECKING:
    from graftui.results.trials import Entry


@dataclass(frozen=True, slots=True)
class Figures:
    """Runs side by side: settings, then scores."""

    ids: tuple[str, ...]
    over_seeds: bool = False
    """Those that differ in seeds alone are one column."""
    every: bool = False
    """All settings, also those that they share."""

    def feed(self) -> "FiguresFeed":
        """What answers it."""
        return FiguresFeed()


@dataclass(frozen=True, slots=True)
class FiguresSeen:
    """The comparison at one instant."""

    runs: int
    """That are there still."""
    table: Table


class FiguresFeed:
    """Reads comparisons."""

    def read(self, source: Source, question: Figures) -> FiguresSeen:
        """The runs that are there, oldest first."""
        from graftui.results import peers
        from graftui.results.peer_figures import figures
        from graftui.results.side_by_side import compare

        entries = entries_at(source, question.ids)
        runs = [entry.run for entry in entries]
        columns = peers.peers(entries) if question.over_seeds else peers.each_alone(runs)
        side = compare(runs, {entry.run.id: entry.scores for entry in entries})
        return FiguresSeen(len(runs), figures(side, columns, question.every))


@dataclass(frozen=True, slots=True)
class Curves:
    """What the runs measured as they went on, over each other."""

    ids: tuple[str, ...]
    over_seeds: bool = False

    def feed(self) -> "CurvesFeed":
        """What answers it."""
        return CurvesFeed()


class CurvesFeed:
    """Reads curves; those of a run of which nothing new was heard are not read again."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[object, Sequence[Series]]] = {}
        self._drawn: tuple[object, tuple[Chart, ...]] = (None, ())

    def read(self, source: Source, question: Curves) -> tuple[Chart, ...]:
        """A chart for each quantity that a run measured."""
        from graftui.results import peers
        from graftui.results.overlaid import overlaid

        entries = entries_at(source, question.ids)
        runs = [entry.run for entry in entries]
        state = question, tuple((run.id, run.heard_at, run.status) for run in runs)
        if self._drawn[0] != state:
            columns = peers.peers(entries) if question.over_seeds else peers.each_alone(runs)
            series = {run.id: self._series(source, run) for run in runs}
            self._drawn = state, overlaid(columns, series)
        return self._drawn[1]

    def _series(self, source: Source, run: Run) -> Sequence[Series]:
        heard = run.heard_at, run.status
        if self._read.get(run.id, (None,))[0] != heard:
            self._read[run.id] = heard, source.store.series(run.id)
        return self._read[run.id][1]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Scores of the runs over the sizes of their grafts."""

    ids: tuple[str, ...]

    def feed(self) -> "SizesFeed":
        """What answers it."""
        return SizesFeed()


class SizesFeed:
    """Collects over seeds, as `compare --by --plot` does."""

    def read(self, source: Source, question: Sizes) -> tuple[Chart, ...]:
        """A chart a task and model."""
        from graftui.results.collecting import by_size

        return by_size(entries_at(source, question.ids))


@dataclass(frozen=True, slots=True)
class Differences:
    """Paired differences per seed against a baseline."""

    ids: tuple[str, ...]
    baseline: str = ""
    """Id of a run of it; empty: the first column."""

    def feed(self) -> "DifferencesFeed":
        """What answers it."""
        return DifferencesFeed()


@dataclass(frozen=True, slots=True)
class DifferencesSeen:
    """The differences, and what may be the baseline."""

    table: Table
    baselines: tuple[tuple[str, str], ...]
    """Id of a run, and what its column is called."""


class DifferencesFeed:
    """Reads pairs of runs."""

    def read(self, source: Source, question: Differences) -> DifferencesSeen | None:
        """Over seeds, always; None where no run is left."""
        from graftui.results.paired import differences
        from graftui.results.peers import peers

        entries = entries_at(source, question.ids)
        columns = peers(entries)
        if not columns:
            return None
        scores = {entry.run.id: entry.scores for entry in entries}
        return DifferencesSeen(
            differences(columns, scores, question.baseline),
            tuple((column.ids[0], column.label) for column in columns),
        )


def entries_at(source: Source, ids: Sequence[str]) -> "list[Entry]":
    """The runs that are there, oldest first, each with its scores."""
    from graftui.results.collecting import entries_of

    there = (source.store.find(id) for id in ids)
    runs: list[Run] = [run for run in there if run is not None]
    return entries_of(source.store, sorted(runs, key=lambda run: run.created_at))
