"""What the list of sweeps asks: all of them, and where their cells stand."""

from collections.abc import Mapping
from dataclasses import dataclass

from graftui.planning.sweeps import sweep as files
from graftui.planning.sweeps.states import CellState, counts
from graftui.planning.sweeps.sweep import Sweep, Unreadable
from graftui.tui.feed import Source
from graftui.tui.sweeps.standing import Standings


@dataclass(frozen=True, slots=True)
class AllSweeps:
    """The sweeps of the data folder."""

    def feed(self) -> "SweepsFeed":
        """What answers it."""
        return SweepsFeed()


@dataclass(frozen=True, slots=True)
class SweepsSeen:
    """Newest first."""

    now: float
    """Seconds since the epoch."""
    sweeps: tuple[tuple[Sweep, Mapping[CellState, int]], ...]
    unreadable: tuple[Unreadable, ...]
    """What is in their folder but is none."""


class SweepsFeed:
    """Reads the list of sweeps."""

    def __init__(self) -> None:
        self._standings = Standings()

    def read(self, source: Source, question: AllSweeps) -> SweepsSeen:
        """As it is now."""
        sweeps, unreadable = files.listed(source.settings)
        stand = [(sweep, counts(self._standings.of(source, sweep))) for sweep in sweeps]
        return SweepsSeen(source.now, tuple(stand), tuple(unreadable))
