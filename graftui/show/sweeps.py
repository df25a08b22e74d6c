"""How sweeps look: the list, the matrix of one, and what a plan comes to. Prints nothing."""

from collections.abc import Iterator, Mapping, Sequence

from graftui.models import RunStatus
from graftui.planning.sweeps.cells import CellsPlan
from graftui.planning.sweeps.estimate import Estimate
from graftui.planning.sweeps.states import CellState, Standing
from graftui.planning.sweeps.sweep import Sweep
from graftui.planning.values import written
from graftui.results.figures import NOT_KNOWN, counted, file_size, percent
from graftui.results.over_seeds import Spread
from graftui.results.sweep_matrix import Matrix, Row, main_figure
from graftui.results.times import age, duration
from graftui.show.lines import Column, Lines
from graftui.show.states import STATES, State, Tone, state
from graftui.show.tables import STYLES
from graftui.terminal import Text

_MISSING = State("·", "missing", Tone.dim)
_LOOKS = {
    CellState.done: STATES[RunStatus.finished],
    CellState.running: STATES[RunStatus.running],
    CellState.queued: STATES[RunStatus.queued],
    CellState.failed: STATES[RunStatus.failed],
    CellState.pruned: State(STATES[RunStatus.cancelled].glyph, "pruned", Tone.dim),
    CellState.missing: _MISSING,
}
_SEED_CELLS = 8
"""Cells of a column of a seed, with the gap before it."""
_LEAST = 24
"""Cells that the settings of a row are to have."""


def counts(numbers: Mapping[CellState, int]) -> Text:
    """How many cells stand where, those that there are."""
    told = Text()
    for cell_state, number in numbers.items():
        if number:
            look = _LOOKS[cell_state]
            told.append("  " if told.plain else "")
            told.append(f"{look.glyph} {number:,} {cell_state}", STYLES[look.tone])
    return told


def sweeps(listed: Sequence[tuple[Sweep, Mapping[CellState, int]]], now: float) -> Lines:
    """One line a sweep, at the time `now` (seconds since the epoch)."""
    heads = [Column("id", least=6), Column("name"), Column("recipe"), Column("cells", right=True)]
    heads += [Column("axes"), Column("state"), Column("age", right=True)]
    rows: list[list[str | Text]] = [
        [sweep.id, sweep.name, sweep.recipe, f"{len(sweep.cells):,}", _sizes(sweep),
         counts(numbers), age(now - sweep.created_at)]
        for sweep, numbers in listed
    ]  # fmt: skip
    return Lines(heads, rows)


def _sizes(sweep: Sweep) -> str:
    axes = {**sweep.axes.grid, **sweep.axes.together}
    return ", ".join(f"{path} {len(values)}" for path, values in axes.items())


def matrix(shown: Matrix, rows: Sequence[Row], width: int) -> Lines:
    """`rows` of a matrix in a terminal of `width` cells. Where there is no room for a column a
    seed, a row has the glyphs of all its seeds side by side, and their mean.
    """
    paths = list(rows[0].at) if rows else []
    heads = [Column(path) for path in paths]
    heads += [Column("part")] if rows and rows[0].part else []
    wide = _LEAST + _SEED_CELLS * len(shown.columns) <= width
    if wide:
        heads += [Column(_seed(point) or "result", right=True) for point in shown.columns]
    else:
        heads += [Column("seeds")]
    heads += [Column("mean ± std", right=True)] if len(shown.columns) > 1 else []
    return Lines(heads, [_cells(row, wide, len(shown.columns) > 1) for row in rows])


def _seed(point: Mapping[str, object]) -> str:
    return " ".join(f"{path.rpartition('.')[2]} {written(seed)}" for path, seed in point.items())


def _cells(row: Row, wide: bool, mean: bool) -> list[str | Text]:
    cells: list[str | Text] = [short(value) for value in row.at.values()]
    cells += [row.part] if row.part else []
    cells += [_result(result) for result in row.results] if wide else [_glyphs(row.results)]
    return [*cells, spread(row.figure)] if mean else cells


def short(value: object) -> str:
    """A value of an axis; of a number with a long tail, as a search chooses them, four digits."""
    text = written(value)
    return written(float(f"{value:.4g}")) if isinstance(value, float) and len(text) > 9 else text


def _glyphs(results: Sequence[Standing | None]) -> Text:
    text = Text()
    for look in (_look(result) if result else None for result in results):
        text.append(look.glyph if look else " ", STYLES[look.tone] if look else None)
    return text


def _look(result: Standing) -> State:
    told = result.state.under_way or result.state is CellState.pruned
    if result.run and not told:
        return state(result.run)  # of what is missing, that it was cancelled, or lost
    return _LOOKS[result.state]


def _result(result: Standing | None) -> str | Text:
    if result is None:
        return ""
    look = _look(result)
    text = Text(look.glyph, STYLES[look.tone])
    figure = main_figure(result.run) if result.state is CellState.done else None
    if figure is not None:
        text.append(f" {percent(figure)}", "default")
    elif result.state is CellState.pruned:
        text.append(f" {look.word}")
    elif result.state is CellState.failed and result.run and result.run.reason:
        text.append(f" {result.run.reason}")
    return text


def spread(figure: Spread | None) -> str:
    """Mean and standard deviation, in percent."""
    if figure is None:
        return NOT_KNOWN
    deviation = "" if figure.std is None else f" ± {percent(figure.std)}"
    return f"{percent(figure.mean)}{deviation}"


def plan(planned: CellsPlan, expected: Estimate) -> Iterator[tuple[str, str]]:
    """What a plan comes to: a word, and what is to be said of it."""
    kinds: dict[str, int] = {}
    for each in planned.plans:
        kinds[each.kind] = kinds.get(each.kind, 0) + 1
    yield "done", counted(planned.done, "cell")
    if planned.under_way:
        yield "under way", counted(planned.under_way, "cell")
    told = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items())
    runs = f": {counted(len(planned.plans))} ({told})" if kinds else ""
    yield "to make", f"{counted(planned.to_make, 'cell')}{runs}"
    if planned.shared:
        yield (
            "shared",
            f"{counted(planned.shared)} saved: what several cells need is made once",
        )
    if planned.plans:
        yield from _expected(expected)


def _expected(expected: Estimate) -> Iterator[tuple[str, str]]:
    unknown = ", ".join(f"{number:,} {kind}" for kind, number in expected.unknown.items())
    without = f"; not counting {unknown}, of which none has finished here" if unknown else ""
    if not expected.past:
        yield "time", "not known: nothing of this kind has finished here yet"
        return
    past = counted(expected.past, "past run")
    yield "time", f"about {duration(expected.seconds)} one at a time, by {past}{without}"
    yield "disk", f"about {file_size(expected.bytes)}"
