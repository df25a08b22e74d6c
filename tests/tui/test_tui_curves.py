"""The curves of a run: those in view are read and drawn, and no others."""

import pytest
from textual.strip import Strip

from engine.contract import events as ev
from graftui.results.chart import Chart
from graftui.settings import Settings
from graftui.tui.plot import Look, draw
from graftui.tui.run import curves
from graftui.tui.run.curves import Curves
from tests.tui import world
from tests.tui.conftest import dashboard, filled, go_to, runs, table, until

MANY = 12_000


async def test_of_12_000_curves_those_in_view_are_read_and_drawn(
    empty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {f"train/layer.{n:05d}": float(n) for n in range(MANY)}
    world.add(empty, "many", world.config(), [ev.Metric(step=s, values=values) for s in (1, 2)])
    world.add(empty, "few", world.config(), world.finetuned(world.NOW), created_at=world.NOW)
    drawn: list[str] = []

    def noting(chart: Chart, look: Look) -> list[Strip]:
        drawn.append(chart.title)
        return draw(chart, look)

    monkeypatch.setattr(curves, "draw", noting)
    async with dashboard(empty).run_test(size=(120, 36)) as pilot:
        await filled(pilot, 2)
        await go_to(pilot, "many")
        await pilot.press("3")
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
        assert runs(pilot).detail.series[-1].values == (MANY - 1, MANY - 1)
        assert len(set(drawn)) < MANY / 20  # those that flew by among them
        rows = table(pilot)
        rows.focus()
        await pilot.press("up")
        assert rows.selected == "few"
        names = {"dev/accuracy", "dev/loss", "train/grad_norm", "train/loss", "train/lr"}
        await until(pilot, lambda: {s.name for s in runs(pilot).detail.series} == names)
