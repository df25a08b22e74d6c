"""Sweeps: the list, the matrix of one with live cells, two side by side; by keys alone."""

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label

from graftui.planning.sweeps.states import counts, standings
from graftui.planning.sweeps.sweep import Sweep, listed
from graftui.registry.store import Store
from graftui.settings import Settings
from graftui.show.sweeps import spread
from graftui.tui.dialogs.line import LineScreen
from graftui.tui.run.screen import RunScreen
from graftui.tui.sweep.screen import SweepScreen
from graftui.tui.sweeps.screen import SweepsScreen
from tests.tui.conftest import dashboard, frame, until
from tests.tui.sweeping import sweep


async def opened(pilot: Pilot[None]) -> None:
    """The list of sweeps."""
    await pilot.press("S")
    await until(pilot, lambda: isinstance(pilot.app.screen, SweepsScreen))
    await until(pilot, lambda: pilot.app.screen.seen)  # type: ignore[attr-defined]


async def matrix(pilot: Pilot[None]) -> SweepScreen:
    """The first of them as a matrix."""
    await opened(pilot)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, SweepScreen))
    screen: Any = pilot.app.screen
    await until(pilot, lambda: all(panel.seen for panel in screen._panels))
    return screen


def text(pilot: Pilot[None]) -> str:
    return "\n".join(frame(pilot))


def queued(settings: Settings) -> int:
    with Store.open(settings.db) as store:
        return sum(run.name == "seeds" for run in store.active())


async def test_from_the_runs_to_a_cell_and_its_run(settings: Settings) -> None:
    sweep(settings)
    async with dashboard(settings).run_test(size=(100, 30)) as pilot:
        screen = await matrix(pilot)
        await until(pilot, lambda: "✗ oom" in text(pilot))
        panel = screen._panels[0]
        cells = standings(panel.seen.sweep, settings)  # type: ignore[union-attr]
        assert panel.seen is not None
        assert panel.seen.counts == counts(cells)
        for row in panel.seen.matrix.rows:
            assert spread(row.figure) in text(pilot)
        assert "82.5" in text(pilot)
        await pilot.press("n")
        await until(pilot, lambda: "out of memory" in text(pilot))
        await pilot.press("n")
        await until(pilot, lambda: "missing   r queues it" in text(pilot))
        await pilot.press("N", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        await pilot.press("escape", "R")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)


async def test_axes_are_turned_folded_and_another_figure_is_shown(settings: Settings) -> None:
    sweep(settings)
    async with dashboard(settings).run_test(size=(100, 30)) as pilot:
        screen = await matrix(pilot)
        panel = screen._panels[0]
        await pilot.press("x")
        await until(pilot, lambda: "rows task.data_seed   columns train.lr" in text(pilot))
        await pilot.press("o", "down", "space", "space", "escape")
        await until(pilot, lambda: "folded task.data_seed" in text(pilot))
        assert panel.seen is not None
        (row,) = panel.seen.matrix.rows
        with Store.open(settings.db) as store:
            done = [run.summary["finetuned"] for run in store.list(sort="created")
                    if run.id.startswith("aaa") and run.config["train"]["lr"] == 0.05
                    and "finetuned" in run.summary]  # fmt: skip
        assert row.results[0] is not None
        assert row.results[0].figure is not None
        assert row.results[0].figure.mean == pytest.approx(sum(done) / len(done))
        await pilot.press("f", "down", "enter")
        await until(pilot, lambda: "figure pretrained" in text(pilot))
        await pilot.press("v")
        assert panel.grid.figures is False


async def test_an_axis_is_extended_and_a_mistake_is_said_where_it_was_typed(
    settings: Settings,
) -> None:
    sweep(settings)
    async with dashboard(settings).run_test(size=(100, 30)) as pilot:
        await matrix(pilot)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(pilot.app.screen, LineScreen))
        pilot.app.screen.query_one(Input).value = "train.lr=fast"
        await pilot.press("enter")
        note = pilot.app.screen.query_one(".note", Label)
        await until(pilot, lambda: note.has_class("-wrong"))
        assert "valid number" in text(pilot)
        pilot.app.screen.query_one(Input).value = "train.lr=0.5"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SweepScreen))
        await until(pilot, lambda: "3 queued" in text(pilot))
        ((longer,), _) = listed(settings)
        assert len(longer.cells) == 9
        assert queued(settings) == 3
        await pilot.press("r")
        await until(pilot, lambda: queued(settings) == 5)
        await pilot.press("d", "y")
        await until(pilot, lambda: not listed(settings)[0])
        await until(pilot, lambda: "is gone: it was deleted" in text(pilot))


async def test_two_side_by_side_go_together(settings: Settings) -> None:
    made: list[Sweep] = [sweep(settings), sweep(settings, "swpbbb", "again", 0.7)]
    async with dashboard(settings).run_test(size=(160, 30)) as pilot:
        await opened(pilot)
        await pilot.press("space", "space", "equals_sign")
        await until(pilot, lambda: isinstance(pilot.app.screen, SweepScreen))
        screen: Any = pilot.app.screen
        await until(pilot, lambda: all(panel.seen for panel in screen._panels))
        await pilot.press("right")
        left, right = (panel.grid for panel in screen._panels)
        await until(pilot, lambda: left.cursor == right.cursor == (0, 1))
        await until(pilot, lambda: "difference" in text(pilot))
        await pilot.press("tab", "down")
        await until(pilot, lambda: left.cursor == right.cursor == (1, 1))
        await pilot.press("z", "escape", "escape")
        assert isinstance(pilot.app.screen, SweepsScreen)
    assert {each.id for each in made} == {each.id for each in listed(settings)[0]}


async def test_no_sweep_and_a_file_that_is_none(empty: Settings) -> None:
    async with dashboard(empty).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await until(pilot, lambda: "No sweeps yet" in text(pilot))
        (empty.data / "sweeps").mkdir(parents=True)
        (empty.data / "sweeps" / "x.json").write_text("{")
        await until(pilot, lambda: "x.json is no sweep" in text(pilot))
        await pilot.press("y")
        assert pilot.app.clipboard.startswith("graftui sweep pocket --grid")
