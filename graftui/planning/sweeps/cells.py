"""The cells of a sweep: what each comes to, and which runs of that are still to be made.

Owns that every cell is checked before one is queued, and that what several cells need is made once:
a fine-tuning is planned by identity, whatever grafts are cut from it. Starts nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.contract.inputs import input_files
from engine.contract.once import looking_once
from engine.contract.remarks import remarks
from graftui.errors import UsageError
from graftui.models import Run, RunStatus
from graftui.planning.recipes import Recipe
from graftui.planning.reuse import Standing, alike, look, other_data, standing_among
from graftui.planning.sweeps.axes import Point
from graftui.planning.sweeps.sweep import Cell, Sweep, brief, identities
from graftui.planning.wanted import Wanted, wanted
from graftui.scheduler.reads import Digests, Reader
from graftui.scheduler.submit import Plan
from graftui.settings import Settings


@dataclass(frozen=True, slots=True)
class CellToBe:
    """A cell with the configs of its runs, checked."""

    cell: Cell
    wanted: tuple[Wanted, ...]
    """Each after those it is made from."""


@dataclass(slots=True)
class CellsPlan:
    """What making some cells comes to."""

    plans: list[Plan] = field(default_factory=list)
    """Each after those it is made from; for `submit`."""
    done: int = 0
    """Cells that are done."""
    under_way: int = 0
    """Cells that nothing has to be made for, and that are not done yet."""
    to_make: int = 0
    """Cells of which something is to be made."""
    shared: int = 0
    """Runs that need not be made, because one that is planned serves several cells."""
    reused: dict[str, Run] = field(default_factory=dict)
    """By id, the runs that stand for one of a cell."""
    remarks: tuple[str, ...] = ()
    """What may not be as it was meant, and why a run of the same config is not reused."""


def to_be(sweep: Sweep, points: Sequence[Point], settings: Settings) -> list[CellToBe]:
    """The cells of a sweep at `points`. Raises UsageError if one of them can be seen to fail."""
    recipe = sweep.made_from()
    made: list[CellToBe] = []
    failing: list[tuple[Point, UsageError]] = []
    with looking_once():
        for point in points:
            try:
                made.append(_cell(point, tuple(wanted(recipe, sweep.overrides(point), settings))))
            except UsageError as error:
                failing.append((point, error))
    if failing:
        point, first = failing[0]
        more = f"; {len(failing) - 1:,} more cells fail" if len(failing) > 1 else ""
        raise UsageError(
            f"The cell {brief(point)} cannot run: {first.message.rstrip('.')}{more}.",
            f"{first.hint} No run was queued; --skip QUERY leaves cells out.".strip(),
        )
    return made


def _cell(point: Point, parts: tuple[Wanted, ...]) -> CellToBe:
    files = {each.part: [str(path) for path in input_files(each.config)] for each in parts}
    read = {part: listed for part, listed in files.items() if listed}
    return CellToBe(Cell(point, {each.part: each.hash for each in parts}, read), parts)


def plan(sweep: Sweep, cells: Sequence[CellToBe], settings: Settings) -> CellsPlan:
    """What is to be made for `cells`; what is done, or under way, is not made again."""
    look(settings)
    planner = _Planner(sweep, settings, alike(settings, identities([c.cell for c in cells])))
    with looking_once():
        for cell in cells:
            planner.add(cell)
    return planner.planned()


class _Planner:
    """Plans as they grow, by identity."""

    def __init__(self, sweep: Sweep, settings: Settings, runs: Mapping[str, Sequence[Run]]) -> None:
        self._sweep = sweep
        self._settings = settings
        self._runs = runs
        self._recipe: Recipe = sweep.made_from()
        self._needed = self._recipe.needed()
        self._reader = Reader(settings)
        self._places: dict[tuple[str, str, tuple[str, ...]], int | str] = {}
        """By identity, a place in the list of plans, or a run's id."""
        self._said: dict[str, None] = {}
        self._made = CellsPlan()

    def add(self, cell: CellToBe) -> None:
        """What the results of a cell need; not what a result that is there was made from."""
        parts = {each.part: each for each in cell.wanted}
        places = [self._place(part, parts) for part in self._recipe.results]
        runs = [self._made.reused[id] for id in places if isinstance(id, str)]
        if len(runs) < len(places):
            self._made.to_make += 1
        elif all(run.status is RunStatus.finished for run in runs):
            self._made.done += 1
        else:
            self._made.under_way += 1

    def _place(self, part: str, parts: Mapping[str, Wanted]) -> int | str:
        each = parts[part]
        reads = self._reader.of(input_files(each.config))
        key = each.hash, repr(sorted(reads.items())), tuple(path for _, path in each.paths)
        if key not in self._places:
            self._places[key] = self._new_place(part, parts, reads)
        elif isinstance(self._places[key], int):
            self._made.shared += 1
        return self._places[key]

    def _new_place(self, part: str, parts: Mapping[str, Wanted], reads: Digests) -> int | str:
        each = parts[part]
        standing = self._standing(each, reads)
        if standing.run:
            self._made.reused[standing.run.id] = standing.run
            return standing.run.id
        if standing.why_not:
            self._say(f"{standing.why_not}; {part} is run again")
        for remark in (*remarks(each.config), *other_data(each, reads)):
            self._say(remark)
        sources = {role: [self._place(source, parts) for source in given]
                   for role, given in each.inputs.items()}  # fmt: skip
        sweep = self._sweep
        named = (sweep.name, each.config.kind, each.config, sweep.recipe, sweep.tags)
        self._made.plans.append(Plan(*named, sources, reads))
        return len(self._made.plans) - 1

    def _standing(self, each: Wanted, reads: Digests) -> Standing:
        files = self._needed.get(each.part, set())
        return standing_among(self._runs.get(each.hash, ()), reads, self._settings, files)

    def _say(self, remark: str) -> None:
        self._said[remark] = None

    def planned(self) -> CellsPlan:
        """All of it."""
        self._reader.keep()
        return replace(self._made, remarks=tuple(self._said))
