"""The matrix of a sweep: rows of settings, columns of seeds, the mean of what is done."""

import itertools
import statistics
from dataclasses import replace

import pytest

from graftui.models import Run, RunStatus
from graftui.planning.sweeps.states import CellState, Standing, counts
from graftui.planning.sweeps.sweep import Cell
from graftui.results.figures import percent
from graftui.results.sweep_matrix import Matrix, matrix
from graftui.show import sweeps
from graftui.terminal import Console

SEEDS, LOCALIZERS = (13, 21, 42), ("learnt", "movement")


def cells(state: CellState = CellState.done) -> list[tuple[Standing, ...]]:
    made: list[tuple[Standing, ...]] = []
    for number, (seed, localizer) in enumerate(itertools.product(SEEDS, LOCALIZERS)):
        at = {"task.data_seed": seed, "graft.localizer": localizer, "train.lr": 0.1}
        run = Run(id=f"r{number}", name="x", kind="graft", config={}, config_hash="", created_at=0,
                  status=RunStatus.finished, summary={"learnt_graft": number / 10})  # fmt: skip
        stands = None if state is CellState.missing else run
        made.append((Standing(Cell(at, {"graft": "h"}), "graft", state, stands),))
    return made


def drawn(made: Matrix, width: int) -> list[list[str]]:
    console = Console(width=width)
    with console.capture() as text:
        console.print(sweeps.matrix(made, made.rows, width))
    return [line.split() for line in text.get().splitlines()]


def test_rows_and_columns() -> None:
    made = matrix(cells())
    assert made.same == {"train.lr": 0.1}
    assert made.columns == tuple({"task.data_seed": seed} for seed in SEEDS)
    assert [row.at for row in made.rows] == [{"graft.localizer": name} for name in LOCALIZERS]
    for number, row in enumerate(made.rows):
        own = [(number + 2 * place) / 10 for place in range(3)]
        assert row.figure is not None
        assert row.figure.mean == pytest.approx(statistics.mean(own))
        assert row.figure.std == pytest.approx(statistics.stdev(own))


def test_wide_and_narrow() -> None:
    made = matrix(cells())
    mean = [percent(0.2), "±", percent(statistics.stdev([0.0, 0.2, 0.4]))]
    assert drawn(made, 100)[1] == ["learnt", "✓", "0.0", "✓", "20.0", "✓", "40.0", *mean]
    assert drawn(made, 40)[1] == ["learnt", "✓✓✓", *mean]


def test_a_cell_that_is_not_there_is_empty() -> None:
    some = cells()[:-1]
    made = matrix(some)
    assert made.rows[1].results[-1] is None
    assert drawn(made, 100)[2][:5] == ["movement", "✓", "10.0", "✓", "30.0"]


def test_only_what_is_done_has_a_figure() -> None:
    made = matrix(cells(CellState.missing))
    assert [row.figure for row in made.rows] == [None, None]
    assert drawn(made, 100)[1] == ["learnt", "·", "·", "·", "–"]
    assert counts(cells(CellState.missing))[CellState.missing] == 6


def test_several_results_of_a_cell_have_a_row_each() -> None:
    both = [(own[0], Standing(own[0].cell, "retrain", CellState.queued, None)) for own in cells()]
    made = matrix(both)
    assert [(row.at["graft.localizer"], row.part) for row in made.rows] == [
        ("learnt", "graft"), ("learnt", "retrain"), ("movement", "graft"), ("movement", "retrain"),
    ]  # fmt: skip
    assert counts(both)[CellState.queued] == 6, "a cell is done when all its results are"


def test_what_a_search_gave_up_is_said_to_be_pruned() -> None:
    ((result, *_), *others) = cells()
    assert result.run
    run = replace(result.run, status=RunStatus.cancelled, reason="pruned", summary={})
    made = matrix([(replace(result, state=CellState.pruned, run=run),), *others])
    assert drawn(made, 200)[1][1:3] == ["⊘", "pruned"]
