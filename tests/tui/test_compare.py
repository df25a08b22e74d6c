"""The compare screen, by keys: its panes, and what stands in them."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from graftui.results.export.cells import FORMATS
from graftui.settings import Settings
from graftui.tui.compare.screen import CompareScreen
from graftui.tui.panes import Panes
from graftui.tui.remembered import Remembered
from tests.tui.conftest import dashboard, filled, frame, until


async def compared(pilot: Pilot[None], count: int = 3) -> CompareScreen:
    """Mark so many of the oldest runs and compare them."""
    await filled(pilot)
    await pilot.press("G", "space", "up", *["space", "up", "up"] * (count - 1), "equals_sign")
    screen = pilot.app.screen
    assert isinstance(screen, CompareScreen)
    await until(pilot, lambda: screen.answers.get("figures"))
    return screen


def whole(pilot: Pilot[None]) -> str:
    return "\n".join(frame(pilot))


async def test_figures_by_run_and_over_seeds_with_all_settings_or_those_that_differ(
    settings: Settings,
) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        screen = await compared(pilot)
        await until(pilot, lambda: "3 runs" in whole(pilot))
        assert "settings that differ" in whole(pilot)
        assert "model.name" not in whole(pilot)
        await pilot.press("a")
        await until(pilot, lambda: "all settings" in whole(pilot))
        assert "task.k" in {row.name for _, row in screen.answers["figures"].table.lines()}
        await pilot.press("v")
        await until(pilot, lambda: "3 runs over seeds" in whole(pilot))
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, CompareScreen)


async def test_digits_open_and_close_panes_and_zero_brings_the_layout_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        screen = await compared(pilot)
        panes: Any = screen.query_one(Panes)
        assert panes.shown == ("figures", "curves")
        await until(pilot, lambda: "train/loss" in whole(pilot))
        await pilot.press("3")
        assert panes.shown == ("figures", "curves", "sizes")
        await until(pilot, lambda: "movement" in whole(pilot))
        await pilot.press("5")
        await until(pilot, lambda: "Mark two grafts or more" in whole(pilot))
        await pilot.press("6")
        await until(pilot, lambda: "has no such answers" in whole(pilot))
        await pilot.press("6", "5", "5", "1")
        assert (panes.shown, panes.current) == (("curves", "sizes"), "curves")
        await pilot.press("z")
        assert panes.shown == ("curves",)
        await pilot.press("escape")
        assert panes.shown == ("curves", "sizes")
        assert screen.is_current
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: panes.shown == ("curves",))
        await pilot.press("1")
        assert panes.shown == ("figures",)
        assert Remembered().get("compare.panes", list, []) == ["curves", "sizes", "figures"]
        await pilot.resize_terminal(120, 36)
        await pilot.press("0")
        await until(pilot, lambda: panes.shown == ("figures", "curves"))


async def test_what_a_pane_shows_is_written_after_asking_where(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        screen = await compared(pilot)
        await pilot.press("e")
        line: Any = pilot.app.screen.query_one(Input)
        assert line.value == "figures.csv"
        line.value = "no/such/figures.csv"
        await pilot.press("enter")
        await until(pilot, lambda: "There is no folder" in whole(pilot))
        for wrong, said in (("a.png", "Nothing is written as .png"), ("runs.db", "written as .db"),
                            ("data", "written as that")):  # fmt: skip
            line.value = wrong
            await pilot.press("enter")
            await until(pilot, lambda said=said: said in whole(pilot))  # type: ignore[misc]
        (settings.root / "figures.md").write_text("mine")
        line.value = "figures.m"
        await pilot.press("end")
        await until(pilot, lambda: line._suggestion == "figures.md")
        await pilot.press("right", "enter")
        await until(pilot, lambda: "enter again writes over it" in whole(pilot))
        assert (settings.root / "figures.md").read_text() == "mine"
        await pilot.press("enter")
        await until(pilot, lambda: (settings.root / "figures.md").read_text() != "mine")
        table = screen.answers["figures"].table
        assert (settings.root / "figures.md").read_text() == FORMATS["md"](table)
        await pilot.press("2", "e")
        pilot.app.screen.query_one(Input).value = "curves.svg"
        await pilot.press("enter")
        await until(pilot, lambda: (settings.root / "curves.svg").exists())
