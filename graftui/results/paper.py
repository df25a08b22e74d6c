"""The tables of the paper's items (planning/paper.py), of the runs that are there.

Owns how an item's runs come to a table: by makers that other verbs have too (pivots, rel, skill
overlaps and maps, what kinds say of a result), with what is missing shown and the paper's own
figures beside. Those are in the item's file, each looked up; a place without one stays empty.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from engine.contract.questions.skills import DiffSkills
from graftui import kinds
from graftui.errors import UsageError
from graftui.kinds import Grid
from graftui.models import Run, RunStatus
from graftui.planning.paper import Item
from graftui.planning.sweeps.states import CellState, standings, state_of
from graftui.planning.sweeps.sweep import Cell as Point
from graftui.planning.sweeps.sweep import Sweep, brief, identities
from graftui.planning.values import written
from graftui.registry.query.grammar import parse_options
from graftui.registry.query.tree import Condition, Query, all_of
from graftui.registry.store import Store
from graftui.results import overlaps, pivots, relative, relative_tables, where
from graftui.results.answered import Answered
from graftui.results.cells import Cell, Role, Row, Section, Table
from graftui.results.collecting import Request, collected, keys_of
from graftui.results.figures import NOT_KNOWN, counted, figure, title
from graftui.results.groups import Collected
from graftui.results.made import result_of
from graftui.results.over_seeds import spread
from graftui.scheduler.questions import ask
from graftui.scheduler.settle import directory
from graftui.settings import Settings

PAPER = "paper"
"""Head of the column with the paper's own figures."""
_LISTED = 5
"""Missing cells that are told one by one."""


@dataclass(frozen=True, slots=True)
class Known:
    """An item, and what is there of it."""

    item: Item
    sweep: Sweep
    """With its cells."""
    values: tuple[str, ...]
    store: Store
    settings: Settings

    @property
    def query(self) -> Query:
        """The runs of the cells, whoever made them."""
        hashes = tuple(sorted(identities(self.sweep.cells)))
        own = parse_options([self.item.table.where] if self.item.table.where else [])
        return all_of(Condition("hash", "=", hashes), own)

    def runs(self) -> list[Run]:
        """Those that finished, oldest first."""
        runs = self.store.list(where=self.query, sort="created")
        return [run for run in runs if run.status is RunStatus.finished]

    def missing(self) -> list[tuple[Point, CellState]]:
        """The cells that have no result."""
        stand = standings(self.sweep, self.settings, store=self.store)
        states = zip(self.sweep.cells, map(state_of, stand), strict=True)
        return [(cell, state) for cell, state in states if state is not CellState.done]


def table(known: Known) -> Table:
    """The item's table, whatever of it is there; its notes say what is missing."""
    made = _MAKERS[known.item.table.maker](known)
    claim = f"the paper: {known.item.claim} ({known.item.source})" if known.item.claim else ""
    notes = (*made.notes, *_told_missing(known), claim)
    return replace(made, notes=tuple(filter(None, notes)))


def _told_missing(known: Known) -> list[str]:
    missing = known.missing()
    if not missing:
        return []
    told = [f"{brief(cell.at)} ({state})" for cell, state in missing[:_LISTED]]
    more = " ..." if len(missing) > _LISTED else ""
    every = counted(len(known.sweep.cells), "cell")
    return [f"missing: {len(missing)} of {every}: {'; '.join(told)}{more}"]


def _pivot(known: Known) -> Table:
    """A pivot of each value, side by side, with a row for each value of an axis."""
    keys = keys_of(known.item.table.rows, "rows"), keys_of(known.item.table.cols, "cols")
    try:
        by = ",".join((*keys[0], *keys[1]))
        whole = collected(known.store, Request(by, known.query)) if known.runs() else None
    except UsageError:  # nothing that could be a trial
        whole = None
    parts = [_of_value(whole, keys, value, len(known.values) > 1) for value in known.values]
    made = _joined([part for part in parts if part.heads], keys[0])
    gone = tuple(part.notes[0] for part in parts if not part.heads)
    return _beside(_with_rows(replace(made, notes=(*made.notes, *gone)), known, keys[0]), known)


def _of_value(
    whole: Collected | None,
    keys: tuple[tuple[str, ...], tuple[str, ...]],
    value: str,
    several: bool,
) -> Table:
    """A pivot; without heads where there is nothing of it."""
    split, _, score = value.partition(".")
    try:
        if whole is None:
            raise UsageError("no run")
        pivot = pivots.pivoted(whole, *keys, split, score)
    except UsageError:
        return Table((), (), notes=(f"{value}: {NOT_KNOWN}, no run has it yet",))
    made = pivots.table(pivot)
    said = title(score) if score else ("" if split == "test" else split)
    named = (dict.fromkeys(filter(None, (head, said if several else ""))) for head in made.heads)
    return replace(made, heads=tuple(map(", ".join, named)))


def _joined(parts: Sequence[Table], keys: Sequence[str]) -> Table:
    """Tables side by side, rows of one name together."""
    names = dict.fromkeys(row.name for part in parts for _, row in part.lines())
    by_name = [{row.name: row.cells for _, row in part.lines()} for part in parts]
    rows = tuple(
        Row(name, tuple(
            cell
            for part, cells in zip(parts, by_name, strict=True)
            for cell in cells.get(name, (Cell(NOT_KNOWN),) * len(part.heads))
        ))
        for name in names
    )  # fmt: skip
    heads = tuple(head for part in parts for head in part.heads)
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    return Table(heads, (Section("", rows),), ", ".join(keys), tuple(notes))


def _with_rows(made: Table, known: Known, keys: Sequence[str]) -> Table:
    """`made`, with a row of nothing for each value of the axes that has none."""
    sets = known.sweep.sets
    same = {path: (value,) for path, value in sets.items() if isinstance(value, str | int | float)}
    axes = {**same, **known.sweep.axes.grid, **known.sweep.axes.together}
    if not all(key in axes for key in keys):
        return made
    points = (
        dict(zip(keys, point, strict=True)) for point in product(*(axes[key] for key in keys))
    )
    cells = [{**sets, **cell.at} for cell in known.sweep.cells]
    wanted = [p for p in points if any(p.items() <= at.items() for at in cells)]
    names = dict.fromkeys(", ".join(written(value) for value in p.values()) for p in wanted)
    rows = {row.name: row for _, row in made.lines()}
    nothing = (Cell(NOT_KNOWN),) * len(made.heads)
    rows = {name: rows.get(name, Row(name, nothing)) for name in names} | rows
    return replace(made, sections=(Section("", tuple(rows.values())),))


def _beside(made: Table, known: Known) -> Table:
    """`made`, with the paper's own figures as a last column."""
    printed = known.item.published
    rows = tuple(
        Row(
            row.name,
            (*row.cells, Cell(said := printed.get(row.name, ""), said or None, Role.muted)),
        )
        for _, row in made.lines()
    )
    return replace(made, heads=(*made.heads, PAPER), sections=(Section("", rows),))


def _grids(known: Known) -> Table:
    """What a kind says of a result, the mean over the runs: a section a grid."""
    by_title: dict[str, list[Grid]] = {}
    runs = known.runs()
    for run in runs:
        result = result_of(directory(known.settings, run))
        for grid in kinds.shown(run.kind).grids(result):
            by_title.setdefault(grid.title, []).append(grid)
    chosen = [by_title[value] for value in known.values if value in by_title]
    if not chosen:
        return Table((), (), notes=("nothing is there yet",))
    sections = tuple(Section(grids[0].title, _means(grids)) for grids in chosen)
    note = f"mean ± 95 % t interval over {counted(len(runs))} (runs)"
    return Table(chosen[0][0].heads[1:], sections, chosen[0][0].heads[0], (note,))


def _means(grids: Sequence[Grid]) -> tuple[Row, ...]:
    """The rows that the first of `grids` has."""
    first = grids[0]
    by_name = [
        {row[0]: row[1:] for row in grid.rows if grid.heads == first.heads} for grid in grids
    ]
    rows = []
    for row in first.rows:
        alike = [cells[row[0]] for cells in by_name if row[0] in cells]
        columns: Iterable[tuple[kinds.GridCell, ...]] = zip(*alike, strict=True)
        rows.append(Row(str(row[0]), tuple(map(_mean, columns))))
    return tuple(rows)


def _mean(cells: Sequence[kinds.GridCell]) -> Cell:
    from graftui.results.statistics.intervals import half_of

    known = [cell for cell in cells if not isinstance(cell, str) and cell[1] is not None]
    if not known:
        return Cell()
    name = known[0][0]
    over = spread([value for _, value in known if value is not None])
    half = "" if over.std is None else f" ± {figure(name, half_of(over.std, over.n))}"
    return Cell(f"{figure(name, over.mean)}{half} ({over.n})", over.mean)


def _rel(known: Known) -> Table:
    if not (runs := known.runs()):
        return Table((), (), notes=("nothing is there yet",))
    answered = Answered(lambda run: directory(known.settings, run).path)
    matrix = relative.relative(relative.known(known.store, runs, answered))
    return relative_tables.table(matrix)


def _overlap(known: Known) -> Table:
    skills = overlaps.skills_of(known.settings, known.runs())
    if len(skills) < 2:
        return Table((), (), notes=("fewer than two skills are there yet",))
    shared = ask(DiffSkills(skills=tuple(skill.path for skill in skills)), known.settings)
    labels = [skill.label for skill in skills]
    measures = (overlaps.Measure.jaccard, overlaps.Measure.tensors)
    made = [overlaps.overlap(shared, labels, measure) for measure in measures]
    sections = tuple(
        Section(measure, table.sections[0].rows)
        for measure, table in zip(measures, made, strict=True)
    )
    notes = tuple(dict.fromkeys(note for table in made for note in table.notes))
    return Table(made[0].heads, sections, made[0].corner, notes)


def _map(known: Known) -> Table:
    skills = overlaps.skills_of(known.settings, known.runs())
    if not skills:
        return Table((), (), notes=("no skill is there yet",))
    mapped = [replace(where.mapped(Path(skill.path)), label=skill.label) for skill in skills]
    return where.compared(mapped, where.By.role, where.Measure.times)


_MAKERS: dict[str, Callable[[Known], Table]] = {
    "pivot": _pivot, "grids": _grids, "rel": _rel, "overlap": _overlap, "map": _map,
}  # fmt: skip
