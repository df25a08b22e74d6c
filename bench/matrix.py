"""The matrix of a sweep of 40 x 40 cells: a frame in which every cell is another, and a key."""

import asyncio
import time
from collections.abc import Callable, Iterator

from textual.app import App, ComposeResult
from textual.geometry import Region

from bench.measure import Result
from graftui.models import Run
from graftui.planning.sweeps.states import CellState, Standing
from graftui.planning.sweeps.sweep import Cell
from graftui.results.sweep_matrix import Matrix, matrix
from graftui.tui.sweep.grid import MatrixGrid

SIZE, SIDE, REPEATS = (200, 60), 40, 20


def made(shift: int) -> Matrix:
    """All cells done, with figures that are moved on by `shift`."""
    return matrix([(_standing(rate, seed, shift),) for rate in range(SIDE) for seed in range(SIDE)])


def _standing(rate: int, seed: int, shift: int) -> Standing:
    id = f"r{rate}-{seed}"
    figure = (rate + seed + shift) % (2 * SIDE) / (2 * SIDE)
    run = Run(id=id, name="", kind="finetune", config={}, config_hash=id, created_at=0.0,
              summary={"finetuned": figure})  # fmt: skip
    cell = Cell({"train.lr": rate / 100, "train.seed": seed}, {"tune": id})
    return Standing(cell, "tune", CellState.done, run)


class _Grid(App[None]):
    def compose(self) -> ComposeResult:
        yield MatrixGrid()


async def frames_ms() -> tuple[float, float]:
    """Least CPU time of the thread that draws: of a frame that is all new, of a key."""
    app, both = _Grid(), [made(shift) for shift in (0, 1)]
    frames, keys = [], []
    async with app.run_test(size=SIZE) as pilot:
        grid = app.query_one(MatrixGrid)
        for turn in range(REPEATS):
            frames.append(_drawn_ms(grid, lambda turn=turn: grid.show(both[turn % 2])))  # type: ignore[misc]
            keys.append(_drawn_ms(grid, lambda: grid.action_move(1, 1)))
            await pilot.pause()
    return min(frames), min(keys)


def _drawn_ms(grid: MatrixGrid, change: Callable[[], None]) -> float:
    began = time.thread_time()
    change()
    lines = grid.render_lines(Region(0, 0, *grid.size))
    assert len(lines) == grid.size.height
    return 1000 * (time.thread_time() - began)


def run() -> Iterator[Result]:
    frame, key = asyncio.run(frames_ms())
    yield Result(f"dashboard, a matrix of {SIDE} x {SIDE} cells, a frame, CPU", frame, "ms", 100)
    yield Result(f"dashboard, a matrix of {SIDE} x {SIDE} cells, a key, CPU", key, "ms", 50)
