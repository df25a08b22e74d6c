"""How sweeps look: the list, the matrix of one, and what a plan comes to. Prints nothing."""

from collections.abc import Iterator, Mapping, Sequence

from graftui.models import RunStatus
from graftui.planning.estimate import Estimate
from graftui.planning.sweeps.cells import CellsPlan
from graftui.planning.sweeps.states import CellState, Standing
from graftui.planning.sweeps.sweep import Sweep
from graftui.planning.values import written
from graftui.results.figures import NOT_KNOWN, counted, of_summary
from graftui.results.over_seeds import Spread
from graftui.results.sweep_matrix import Folded, Matrix, Row
from graftui.results.times import since, time_left
from graftui.show import plans
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


def counted_states(numbers: Mapping[CellState, int]) -> list[tuple[str, Tone]]:
    """How many cells stand where, those that there are."""
    return [
        (f"{_LOOKS[each].glyph} {number:,} {each}", _LOOKS[each].tone)
        for each, number in numbers.items()
        if number
    ]


def counts(numbers: Mapping[CellState, int], styles: Mapping[Tone, str] = STYLES) -> Text:
    """The same, beside each other."""
    told = Text()
    for text, tone in counted_states(numbers):
        told.append("  " if told.plain else "").append(text, styles[tone])
    return told


HEADS = (
    Column("id", least=6), Column("name"), Column("recipe"), Column("cells", right=True),
    Column("axes"), Column("state"), Column("age", right=True),
)  # fmt: skip
"""Of the list of sweeps."""


def line(
    sweep: Sweep, numbers: Mapping[CellState, int], now: float, styles: Mapping[Tone, str] = STYLES
) -> list[str | Text]:
    """A sweep under those heads, at the time `now` (seconds since the epoch)."""
    return [
        sweep.id, sweep.name, sweep.recipe, f"{len(sweep.cells):,}", _sizes(sweep),
        counts(numbers, styles), since(sweep.created_at, now, narrow=True),
    ]  # fmt: skip


def sweeps(listed: Sequence[tuple[Sweep, Mapping[CellState, int]]], now: float) -> Lines:
    """One line a sweep."""
    return Lines(HEADS, [line(sweep, numbers, now) for sweep, numbers in listed])


def _sizes(sweep: Sweep) -> str:
    axes = {**sweep.axes.grid, **sweep.axes.together}
    return ", ".join(f"{path} {len(values)}" for path, values in axes.items())


def matrix(shown: Matrix, rows: Sequence[Row], width: int) -> Lines:
    """`rows` of a matrix in a terminal of `width` cells. Where there is no room for a column a
    seed, a row has the glyphs of all its seeds side by side, and their mean.
    """
    heads = [Column(path) for path in shown.layout.rows]
    heads += [Column("part")] if rows and rows[0].part else []
    least = max([_SEED_CELLS, *(len(mark(each, shown.figure)[1]) + 4
                                for row in rows for each in row.results if each)])  # fmt: skip
    wide = _LEAST + least * len(shown.columns) <= width
    if wide:
        heads += [Column(column(point) or "result", right=True) for point in shown.columns]
    else:
        heads += [Column(_names(shown.layout.columns))]
    mean = shown.over_seeds and len(shown.columns) > 1
    heads += [Column("mean ± std", right=True)] if mean else []
    return Lines(heads, [_cells(row, shown.figure, wide, mean) for row in rows])


def column(point: Mapping[str, object]) -> str:
    """What the cells of a column share: "data_seed 13"."""
    return " ".join(f"{path.rpartition('.')[2]} {short(value)}" for path, value in point.items())


def _names(paths: Sequence[str]) -> str:
    seeds = all(path.rpartition(".")[2].endswith("seed") for path in paths)
    return "seeds" if seeds else ", ".join(paths)


def _cells(row: Row, figure: str, wide: bool, mean: bool) -> list[str | Text]:
    cells: list[str | Text] = [short(value) for value in row.at.values()]
    cells += [row.part] if row.part else []
    if wide:
        cells += [_result(result, figure) for result in row.results]
    else:
        cells += [_glyphs(row.results)]
    return [*cells, spread(row.figure, figure)] if mean else cells


def short(value: object) -> str:
    """A value of an axis; of a number with a long tail, as a search chooses them, four digits."""
    text = written(value)
    return written(float(f"{value:.4g}")) if isinstance(value, float) and len(text) > 9 else text


def _glyphs(results: Sequence[Folded | None]) -> Text:
    text = Text()
    for result in results:
        look = mark(result, "")[0] if result else None
        text.append(look.glyph if look else " ", STYLES[look.tone] if look else None)
    return text


def _look(result: Standing) -> State:
    if result.run and result.state in (CellState.done, CellState.missing):
        return state(result.run)  # of what is missing, that it was cancelled, or lost
    return _LOOKS[result.state]


def _result(result: Folded | None, figure: str) -> str | Text:
    if result is None:
        return ""
    look, words = mark(result, figure)
    text = Text(look.glyph, STYLES[look.tone])
    return text.append(f" {words}" if words else "", None if result.figure else STYLES[look.tone])


def mark(cell: Folded, figure: str) -> tuple[State, str]:
    """How results that share a cell look, and what is said beside that: their figure, or their
    mean, and of several of which some are not done how many are; of one at work how far it is, of
    one that failed why: "input", where a run failed that it needs.
    """
    worst = next(result for result in cell.results if result.state is cell.state)
    look, count = _look(worst), len(cell.results)
    done = sum(result.state is CellState.done for result in cell.results)
    if count > 1:
        part = f"{done}/{count}" if done < count else ""
        return look, " ".join(filter(None, (part, spread(cell.figure, figure, nothing=""))))
    if cell.state is CellState.done:
        return look, spread(cell.figure, figure, nothing="")
    run = worst.run
    if cell.state is CellState.pruned:
        return look, look.word
    if cell.state is CellState.failed:
        stranded = run is not None and run.status is RunStatus.cancelled
        return look, "input" if stranded else str(run.reason or "") if run else ""
    working = run is not None and run.status is RunStatus.running and run.done is not None
    return look, f"{100 * (run.done or 0.0):.0f} %" if run is not None and working else ""


def spread(figure: Spread | None, name: str = "", nothing: str = NOT_KNOWN) -> str:
    """Mean and standard deviation of a figure, of one value that alone."""
    if figure is None:
        return nothing
    deviation = "" if figure.std is None else f" ± {of_summary(name, figure.std)}"
    return f"{of_summary(name, figure.mean)}{deviation}"


def left(seconds: float | None) -> str:
    """How long a sweep that is under way will take; empty: nobody knows, or nothing is."""
    return time_left(seconds) if seconds else ""


def plan(planned: CellsPlan, expected: Estimate) -> Iterator[tuple[str, str]]:
    """What a plan comes to: a word, and what is to be said of it."""
    yield "done", counted(planned.done, "cell")
    if planned.under_way:
        yield "under way", counted(planned.under_way, "cell")
    runs = f": {plans.runs(planned.plans)}" if planned.plans else ""
    yield "to make", f"{counted(planned.to_make, 'cell')}{runs}"
    if planned.shared:
        yield (
            "shared",
            f"{counted(planned.shared)} saved: what several cells need is made once",
        )
    if planned.plans:
        yield from plans.needed(expected)


def outcome(queued: int, planned: CellsPlan, expected: Estimate) -> str:
    """What came of planning cells, in a few lines."""
    first = f"Queued {counted(queued)}." if queued else "Nothing is to be made."
    return "\n".join([first, *(f"{word}: {said}" for word, said in plan(planned, expected))])
