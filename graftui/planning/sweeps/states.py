"""Where the cells of a sweep stand, by identity: the same configs, and the same files read.

A run that was made outside counts; so does one of a cell of another sweep. Owns what the states of
a cell are. Starts nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from graftui.models import Run, RunStatus
from graftui.planning.reuse import alike, standing_among
from graftui.planning.sweeps.sweep import Cell, Sweep, identities
from graftui.scheduler.reads import Digests, Reader
from graftui.settings import Settings


class CellState(StrEnum):
    """Where a cell stands."""

    done = "done"
    running = "running"
    """A run of it is at work."""
    queued = "queued"
    failed = "failed"
    """Its last run failed, was cancelled or lost."""
    missing = "missing"
    """There is no run of it, or only one that read other files."""

    @property
    def under_way(self) -> bool:
        """Whether something comes of it without anybody's doing."""
        return self in (CellState.running, CellState.queued)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one result of a cell stands."""

    cell: Cell
    part: str
    """The part of the recipe whose run gives the result."""
    state: CellState
    run: Run | None
    """That which stands for it; of a failed one the newest."""
    why: str = ""
    """Why there is a run of that config which does not do."""


def standings(
    sweep: Sweep, settings: Settings, cells: Sequence[Cell] | None = None
) -> list[tuple[Standing, ...]]:
    """Of each cell of a sweep, or of these, its results. Raises UsageError."""
    recipe = sweep.made_from()
    parts = recipe.results
    cells = sweep.cells if cells is None else cells
    runs = alike(settings, identities(cells))
    reader = Reader(settings)
    seen: dict[tuple[str, tuple[str, ...]], tuple[CellState, Run | None, str]] = {}

    def standing(cell: Cell, part: str) -> Standing:
        asked = cell.runs[part], tuple(cell.files.get(part, ()))
        if asked not in seen:
            seen[asked] = _standing(runs.get(asked[0], ()), _now(reader, asked[1]), settings)
        return Standing(cell, part, *_with_sources(seen[asked], cell, runs))

    return [tuple(standing(cell, part) for part in parts) for cell in cells]


def _now(reader: Reader, files: Sequence[str]) -> Digests:
    """The files as they are; one that is gone is unlike any that was read."""
    digests: Digests = {}
    for file in files:
        try:
            digests |= reader.of([file])
        except OSError:
            digests[file] = ""
    return digests


def _standing(
    runs: Sequence[Run], reads: Digests, settings: Settings
) -> tuple[CellState, Run | None, str]:
    standing = standing_among(runs, reads, settings, ())
    if standing.run is None:
        ended = (RunStatus.failed, RunStatus.cancelled, RunStatus.lost)
        failed = next((run for run in runs if run.status in ended), None)
        return (CellState.failed if failed else CellState.missing), failed, standing.why_not
    run = standing.run
    if run.status is RunStatus.finished:
        return CellState.done, run, ""
    return (CellState.queued if run.status is RunStatus.queued else CellState.running), run, ""


def _with_sources(
    standing: tuple[CellState, Run | None, str], cell: Cell, runs: Mapping[str, Sequence[Run]]
) -> tuple[CellState, Run | None, str]:
    """What waits for a run that is at work is at work itself."""
    state, run, why = standing
    if state is CellState.queued and run is not None:
        sources = {each.id: each for id in cell.runs.values() for each in runs.get(id, ())}
        at_work = (RunStatus.starting, RunStatus.running)
        if any(source in sources and sources[source].status in at_work for source in run.sources):
            return CellState.running, run, why
    return state, run, why


def state_of(results: Sequence[Standing]) -> CellState:
    """Of a cell: done if all its results are, else what most needs looking at."""
    states = {result.state for result in results}
    order = (CellState.running, CellState.queued, CellState.failed, CellState.missing)
    return next((state for state in order if state in states), CellState.done)


def counts(cells: Sequence[Sequence[Standing]]) -> dict[CellState, int]:
    """How many cells stand where."""
    numbers = Counter(state_of(results) for results in cells)
    return {state: numbers[state] for state in CellState}
