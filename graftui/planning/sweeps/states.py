"""Where the cells of a sweep stand, by identity: the same configs, and the same files read.

A run that was made outside counts; so does one of a cell of another sweep. Owns what the states of
a cell are. Starts nothing.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from graftui.models import Run, RunReason, RunStatus
from graftui.planning.reuse import alike, standing_among
from graftui.planning.sweeps.sweep import Cell, Sweep, identities
from graftui.registry.store import Store
from graftui.scheduler.reads import Digests, Reader
from graftui.settings import Settings

_WITHOUT_RESULT = (RunStatus.failed, RunStatus.cancelled, RunStatus.lost)


class CellState(StrEnum):
    """Where a cell stands."""

    done = "done"
    running = "running"
    """A run of it is at work."""
    queued = "queued"
    failed = "failed"
    """Its last run failed, or was cancelled because one failed that it needs."""
    pruned = "pruned"
    """Its search gave it up."""
    missing = "missing"
    """There is no run of it, or only one that was cancelled or lost, or that read other files."""

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
    """That which stands for it; where nothing comes of it, the newest that ended."""
    why: str = ""
    """Why there is a run of that config which does not do."""


def standings(
    sweep: Sweep,
    settings: Settings,
    cells: Sequence[Cell] | None = None,
    store: Store | None = None,
) -> list[tuple[Standing, ...]]:
    """Of each cell of a sweep, or of these, its results; `store` as in `alike`. Raises
    UsageError.
    """
    recipe = sweep.made_from()
    parts = recipe.results
    cells = sweep.cells if cells is None else cells
    runs = alike(settings, identities(cells), store)
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
        ended = next((run for run in runs if run.status in _WITHOUT_RESULT), None)
        return _without_result(ended), ended, standing.why_not
    run = standing.run
    if run.status is RunStatus.finished:
        return CellState.done, run, ""
    return (CellState.queued if run.status is RunStatus.queued else CellState.running), run, ""


def _without_result(ended: Run | None) -> CellState:
    if ended is not None and ended.reason == RunReason.pruned:
        return CellState.pruned
    failed = ended is not None and ended.status is RunStatus.failed
    return CellState.failed if failed else CellState.missing


def _with_sources(
    standing: tuple[CellState, Run | None, str], cell: Cell, runs: Mapping[str, Sequence[Run]]
) -> tuple[CellState, Run | None, str]:
    """What waits for a run at work is at work itself, and has failed with one that failed."""
    state, run, why = standing
    if run is None or not run.sources:
        return standing
    made = {each.id: each.status for id in cell.runs.values() for each in runs.get(id, ())}
    sources = {made[source] for source in run.sources if source in made}
    if state is CellState.queued and sources & {RunStatus.starting, RunStatus.running}:
        return CellState.running, run, why
    if run.status is RunStatus.cancelled and RunStatus.failed in sources:
        return CellState.failed, run, why
    return standing


def state_of(results: Sequence[Standing]) -> CellState:
    """Of a cell: done if all its results are, else what most needs looking at."""
    return most_pressing({result.state for result in results})


def most_pressing(states: Collection[CellState]) -> CellState:
    """Done if all are, else what most needs looking at."""
    order = (
        CellState.running, CellState.queued, CellState.failed, CellState.pruned, CellState.missing,
    )  # fmt: skip
    return next((state for state in order if state in states), CellState.done)


def counts(cells: Sequence[Sequence[Standing]]) -> dict[CellState, int]:
    """How many cells stand where."""
    numbers = Counter(state_of(results) for results in cells)
    return {state: numbers[state] for state in CellState}


def under_way(cells: Sequence[Sequence[Standing]]) -> set[str]:
    """Ids of the runs of which something comes without anybody's doing."""
    return {
        result.run.id
        for results in cells
        for result in results
        if result.run is not None and result.state.under_way
    }
