"""What the compare screen asks, a question a pane: only what is in view is read.

The imports within are those that need pydantic, which the first paint does not wait for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graftui.models import Run
from graftui.results.cells import Table
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


def entries_at(source: Source, ids: Sequence[str]) -> "list[Entry]":
    """The runs that are there, oldest first, each with its scores."""
    from graftui.results.collecting import entries_of

    there = (source.store.find(id) for id in ids)
    runs: list[Run] = [run for run in there if run is not None]
    return entries_of(source.store, sorted(runs, key=lambda run: run.created_at))
