"""A sweep in words: its title, where its axes stand, and the cell under the cursor. Pure functions
that give Content.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual.content import Content

from graftui.models import Run, RunStatus
from graftui.planning.sweeps.axes import Point
from graftui.planning.sweeps.states import CellState, Standing
from graftui.planning.values import written
from graftui.results.columns import elapsed
from graftui.results.figures import counted, of_summary
from graftui.results.sweep_matrix import Folded, Matrix, figure_of
from graftui.results.times import duration, time_left
from graftui.show import sweeps as drawing
from graftui.show.states import Tone, state
from graftui.tui.sweep.feed import SweepSeen
from graftui.tui.text import TONES, data


@dataclass(frozen=True, slots=True)
class Told:
    """A sweep, and the cell under its cursor."""

    id: str
    figure: str
    at: Point
    cell: Folded | None


MAIN = "score of the result"
"""What the figure is called that is shown unless another is chosen."""
_LISTED = 6
"""Results of a folded cell that are told one by one."""
_THEMED = {tone: f"${variable}" for tone, variable in TONES.items()}


def title(seen: SweepSeen) -> Content:
    """Which sweep, and where its cells stand; last what a narrow terminal has no room for."""
    sweep = seen.sweep
    left = drawing.left(seen.left_s)
    recipe = f"  recipe {sweep.recipe}" if sweep.recipe != sweep.name else ""
    return Content.assemble(
        " ", data(sweep.id, "bold $accent"), "  ", data(sweep.name, "bold $primary"), "  ",
        counts(seen.counts), (f"  {left}" if left else "", "$text-muted"),
        (f"  {counted(sum(seen.counts.values()), 'cell')}", "$text-muted"),
        data(recipe, "$text-muted"),
    )  # fmt: skip


def counts(numbers: Mapping[CellState, int]) -> Content:
    """How many cells stand where."""
    pieces = drawing.counted_states(numbers)
    return Content("  ").join(Content.styled(text, _THEMED[tone]) for text, tone in pieces)


def axes(matrix: Matrix, extent: str) -> Content:
    """What is a row, what a column, what is folded, and what of it is in view."""
    told: list[Any] = [" "]
    layout = {"rows": matrix.layout.rows, "columns": matrix.layout.columns, "folded": matrix.folded}
    for word, paths in layout.items():
        if paths:
            told += [(f"{word} ", "$text-muted"), data(", ".join(paths)), "   "]
    told += [("figure ", "$text-muted"), data(matrix.figure or MAIN), "   "]
    for path, value in matrix.same.items():
        told += [data(f"{path} ", "$text-muted"), data(written(value)), "   "]
    return Content.assemble(*told, (extent, "$secondary"))


def cell(
    matrix: Matrix, row: Point, column: Point, folded: Folded | None, runs: Sequence[Run],
    now: float,
) -> Content:  # fmt: skip
    """Its settings, then its results and their runs."""
    settings: list[Any] = []
    for path, value in {**row, **column}.items():
        settings += [data(f"{path} ", "$text-muted"), data(written(value), "bold"), "   "]
    lines = [Content.assemble(*settings)]
    if folded is None:
        return Content("\n").join([*lines, Content.styled("no cell of this sweep", "$text-muted")])
    if len(folded.results) > 1:
        mean = drawing.spread(folded.figure, matrix.figure)
        lines[0] = Content.assemble(
            lines[0], ("mean ± std ", "$text-muted"), (mean, "bold $accent")
        )
        lines += [_result(each, matrix) for each in folded.results[:_LISTED]]
        if (more := len(folded.results) - _LISTED) > 0:
            lines.append(Content.styled(f"and {more} more", "$text-muted"))
        return Content("\n").join(lines)
    result = folded.results[0]
    known = {run.id: run for run in runs}
    if result.run is None or result.run.id not in known:
        lines.append(_result(result, matrix))
    lines += [_run(run, now, matrix.figure) for run in runs]
    lines += _trouble(result, known)
    return Content("\n").join(lines)


def _result(result: Standing, matrix: Matrix) -> Content:
    """One of several, by what it differs in from the others."""
    look, words = drawing.mark(Folded((result,), None), matrix.figure)
    value = figure_of(result.run, matrix.figure) if result.state is CellState.done else None
    at = drawing.column({path: result.cell.at[path] for path in matrix.folded})
    said = of_summary(matrix.figure, value) if value is not None else words or look.word
    run = f"  {result.run.kind} {result.run.id}" if result.run else ""
    more = "   r queues it" if result.run is None and result.state is CellState.missing else ""
    return Content.assemble(
        (f"{look.glyph} ", f"${TONES[look.tone]}"), data(f"{at}  " if at else ""),
        data(said, "bold"), data(run, "$text-muted"), (more, "$text-muted"),
    )  # fmt: skip


def _run(run: Run, now: float, figure: str) -> Content:
    """A run of the cell, in a line."""
    look = state(run)
    value = figure_of(run, figure) if run.status is RunStatus.finished else None
    working = run.status is RunStatus.running
    far = f"{100 * run.done:.0f} %  {time_left(run.left_s)}" if working and run.done else ""
    took = duration(elapsed(run, now))
    return Content.assemble(
        data(f"{look.glyph} {look.word}{f' ({run.reason})' if run.reason else ''}",
             f"${TONES[look.tone]}"),
        data(f"  {run.kind} ", "$text-muted"),
        data(run.id, "bold"), "  ",
        data(of_summary(figure, value) if value is not None else "", "bold $accent"), "  ",
        data(far, "$text-muted"), (took and f"took {took}" if not working else "", "$text-muted"),
    )  # fmt: skip


def _trouble(result: Standing, runs: Mapping[str, Run]) -> list[Content]:
    """Why nothing came of it, and what to do."""
    lines: list[Content] = []
    for run in runs.values():
        if run.message and run.status in (RunStatus.failed, RunStatus.lost, RunStatus.held):
            lines.append(data(run.message, f"${TONES[state(run).tone]}"))
            lines += [Content.assemble(("→ ", "$accent"), data(run.hint))] if run.hint else []
    if result.why:
        lines.append(data(f"not counted: {result.why}", f"${TONES[Tone.warning]}"))
    return lines


def difference(left: Told, right: Told) -> Content:
    """Two sweeps at cells of the same settings, or that there are none."""
    same = {path: value for path, value in left.at.items() if right.at.get(path) == value}
    if any(path in right.at and path not in same for path in left.at):
        return Content.styled(f" {right.id} has no cell of these settings", "$text-muted")
    at = [data(f"{path} {written(value)}  ", "$text-muted") for path, value in same.items()]
    means = [side.cell.figure.mean if side.cell and side.cell.figure else None
             for side in (left, right)]  # fmt: skip
    told: list[Any] = [" ", *at]
    for side, mean in zip((left, right), means, strict=True):
        text = "no figure" if mean is None else of_summary(side.figure, mean)
        told += [data(f" {side.id} ", "$accent"), (text, "bold")]
    if None not in means and left.figure == right.figure:
        gap = (means[1] or 0.0) - (means[0] or 0.0)
        told += [("  difference ", "$text-muted"), (f"{'+' if gap >= 0 else '-'}", "bold"),
                 (of_summary(left.figure, abs(gap)), "bold")]  # fmt: skip
    return Content.assemble(*told)
