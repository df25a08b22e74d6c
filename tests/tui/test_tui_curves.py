"""The curves of a run: those in view are read and drawn, and no others."""

from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.strip import Strip

from engine.contract import events as ev
from graftui.measured import CurveExtent, CurveKey, Series
from graftui.models import Run
from graftui.results.chart import Chart
from graftui.results.curve_position import Position
from graftui.results.curve_view import View
from graftui.settings import Settings
from graftui.tui.plot import GUTTER, Look, draw
from graftui.tui.remembered import Remembered
from graftui.tui.run import curves
from graftui.tui.run.curves import Curves
from graftui.tui.run.curves_pane import CurvesPane
from graftui.tui.run.feed import Detail
from tests.tui import world
from tests.tui.conftest import dashboard, filled, frame, go_to, runs, table, until

MANY = 12_000


class Grid(App[None]):
    """A grid of two charts alone: loss = 2 x step, and a growing norm."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.remembered = Remembered(file)

    def compose(self) -> ComposeResult:
        yield CurvesPane("curves")

    def on_mount(self) -> None:
        names = {"train/loss": 2.0, "train/norm": 3.0, "train/lr": 0.0}
        keys = [CurveKey(name) for name in names]
        steps = tuple(range(101))
        series = [Series(key, steps, tuple(names[key.name] * n for n in steps)) for key in keys]
        extents = [CurveExtent(k, 0, 100, None if names[k.name] else 0.0) for k in keys]
        run = Run(id="r", name="r", kind="finetune", config={
            "train": {"steps": 200, "batch_size": 4}}, config_hash="", created_at=0.0)  # fmt: skip
        detail = Detail(run, 0.0, curves=tuple(extents), series=tuple(series))
        self.query_one(Curves).show(detail)


def lines(grid: Curves) -> list[str]:
    return [grid.render_line(y).text for y in range(grid.size.height)]


async def test_a_cursor_reads_all_charts_and_keys_look_closer(tmp_path: Path) -> None:
    async with Grid(tmp_path / "kept.json").run_test(size=(100, 24)) as pilot:
        grid = pilot.app.query_one(Curves)
        grid.focus()
        await pilot.pause()
        assert len(grid.charts) == 2, "what does not change has no chart"
        assert grid.shown == (0, 200), "to the planned end"
        assert "train 200" in lines(grid)[0]
        await pilot.press("h")
        assert grid.position.cursor == 100, "it begins at the last point"
        assert any("│" in line[40:] for line in lines(grid)[1:-1])
        await pilot.press("h", "shift+left")
        column = 200 / (grid.cells - 1)
        step = round(100 - 11 * column)
        assert grid.position.cursor == pytest.approx(100 - 11 * column)
        assert f"train {2 * step}" in lines(grid)[0]
        assert f"train {3 * step}" in lines(grid)[0]
        assert f"loss train\tstep {step}\t{2.0 * step}" in "\n".join(grid.readings())
        before = grid.position.cursor
        await pilot.press("plus", "plus")
        assert grid.shown
        assert grid.shown[1] - grid.shown[0] == pytest.approx(50)
        assert grid.shown[0] < before < grid.shown[1]
        await pilot.press("z")
        assert "norm" not in "".join(lines(grid))
        await pilot.press("down")
        assert "norm" in lines(grid)[0]
        await pilot.press("escape", "escape", "escape")
        assert grid.position == Position(chart=1)
        await pilot.press("x", "x", "a", "L", "X")
        assert grid.charts.view == View(along="examples", smooth=0.6, log=True, planned=False)
        assert grid.shown == (0, 400)


async def test_the_mouse_points_and_looks_closer(tmp_path: Path) -> None:
    async with Grid(tmp_path / "kept.json").run_test(size=(100, 24)) as pilot:
        grid = pilot.app.query_one(Curves)
        await pilot.pause()
        await pilot.mouse_down(grid, offset=(GUTTER + 5, 5))
        await pilot.mouse_up(grid, offset=(GUTTER + 15, 5))
        assert grid.position.span
        left, right = (200 * (2 * n + 0.5) / (2 * grid.cells - 1) for n in (5, 15))
        assert grid.position.span == pytest.approx((left, right))
        await pilot.press("0")
        await pilot.click(grid, offset=(GUTTER + 10, 5))
        assert grid.position.cursor == pytest.approx(200 * 20.5 / (2 * grid.cells - 1))
        assert grid.position.span is None


async def test_the_bar_stands_beside_the_charts_and_not_over_them(tmp_path: Path) -> None:
    async with Grid(tmp_path / "kept.json").run_test(size=(100, 12)) as pilot:
        for width in (100, 60):
            await pilot.resize_terminal(width, 12)
            await until(pilot, lambda: len(frame(pilot)[0]) == width)  # noqa: B023
            grid = pilot.app.query_one(Curves)
            assert (width < 76) == (grid.max_scroll_y > 0), (
                "two charts fit beside each other, or one"
            )
            assert "200 steps" in "\n".join(frame(pilot))


async def test_of_12_000_curves_those_in_view_are_read_and_drawn(
    empty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [{f"train/layer.{n:05d}": float(n + step) for n in range(MANY)} for step in (1, 2)]
    said = [ev.Metric(step=step, values=values) for step, values in enumerate(steps, 1)]
    world.add(empty, "many", world.config(), said)
    world.add(empty, "few", world.config(), world.finetuned(world.NOW), created_at=world.NOW)
    drawn: list[str] = []

    def noting(chart: Chart, look: Look) -> list[Strip]:
        drawn.append(chart.title)
        return draw(chart, look)

    monkeypatch.setattr(curves, "draw", noting)
    async with dashboard(empty).run_test(size=(120, 36)) as pilot:
        await filled(pilot, 2)
        await go_to(pilot, "many")
        await pilot.press("2")
        await until(pilot, lambda: runs(pilot).detail.series)
        detail = runs(pilot).detail
        assert len(detail.curves) == MANY
        assert {one.name for one in detail.series} >= {"train/layer.00000", "train/layer.00005"}
        assert len(detail.series) < 50
        await until(pilot, lambda: "layer.00005" in drawn)
        runs(pilot).query_one(Curves).focus()
        await pilot.press("end")
        await until(pilot, lambda: f"layer.{MANY - 1}" in drawn)
        # Drawn empty at first: what is in view is read then.
        name = f"train/layer.{MANY - 1}"
        await until(pilot, lambda: runs(pilot).detail.series[-1].name == name)
        assert runs(pilot).detail.series[-1].values == (MANY, MANY + 1)
        assert len(set(drawn)) < MANY / 20  # those that flew by among them
        rows = table(pilot)
        rows.focus()
        await pilot.press("up")
        assert rows.selected == "few"
        names = {"dev/accuracy", "dev/loss", "train/grad_norm", "train/loss"}
        await until(pilot, lambda: {s.name for s in runs(pilot).detail.series} == names)
