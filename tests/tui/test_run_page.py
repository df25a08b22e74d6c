"""The page of a run, by keys alone: config, attempts, files and map."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from textual.widgets import Static

from graftui.settings import Settings
from graftui.tui.describe import summary
from graftui.tui.run.detail import RunDetail
from graftui.tui.run.map_pane import MapView
from graftui.tui.run.pane import TextPane
from tests.tui.conftest import dashboard, filled, frame, go_to, runs, until


def mapped(settings: Settings, id: str) -> None:
    """Give a run a map of two grafts over two layers."""
    tensors = [
        {"name": f"layer.{n}.{module}", "part": "layer", "layer": n, "module": module,
         "parameter": "weight", "maskable": 1000}
        for n in range(2) for module in ("query", "output")
    ]  # fmt: skip
    grafts = [
        {"subject": "", "stage": "learnt_graft", "labels": {"sparsity": s}, "skill": "s",
         "counts": counts}
        for s, counts in ((1e-3, [4, 0, 0, 0]), (1e-1, [100, 300, 0, 400]))
    ]  # fmt: skip
    body = {"v": 1, "model": "m", "tensors": tensors, "grafts": grafts}
    (settings.run_dir(id).path / "map.json").write_text(json.dumps(body))


async def test_all_that_is_known_of_a_run_is_a_digit_away(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    mapped(settings, "g7kmaa")
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        await filled(pilot)
        await go_to(pilot, "g7kmaa")

        async def shows(*texts: str) -> None:
            await until(pilot, lambda: all(t in "\n".join(frame(pilot)) for t in texts))

        await pilot.press("enter", "4")
        await shows("• set for this run")
        await pilot.press("G")
        await shows("40 steps   recipe")
        await pilot.press("5")
        await shows("not seen", "gpu1", "not recorded")
        await pilot.press("6")
        await shows("skill.safetensors", "gone", "config.json", "what to do")
        await pilot.press("G", "y")
        path = Path(pilot.app.clipboard)
        assert path.parent == settings.run_dir("g7kmaa").path
        assert os.path.exists(path)
        await pilot.press("E")
        told = [each.message for each in pilot.app._notifications]
        assert any("No other program can be shown here" in text for text in told)
        await pilot.press("7")
        await shows("learnt graft at 0.1", "2 of 2")
        view = pilot.app.screen.query_one(MapView)
        await pilot.press("l", "j")
        assert view.told == (
            "output   layer 1   400 of 1,000 weights, 40 %   2 x as many as by chance"
        )
        await pilot.press("right_square_bracket", "h", "k")
        await shows("learnt graft at 0.001", "4 of 1,000 weights, 0.4 %   4 x as many")
        await pilot.press("escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        for tab, turns in (("curves", 0), ("log", 1)):  # left while its inside is being made
            await pilot.press("enter")
            await until(pilot, lambda: len(pilot.app.screen_stack) == 3)
            pilot.app.screen.query_one(RunDetail).open(tab)
            for _ in range(turns):
                await asyncio.sleep(0)
            pilot.app.pop_screen()
            await until(pilot, lambda: len(pilot.app.screen_stack) == 2)


async def test_a_map_that_cannot_be_read_says_so(settings: Settings) -> None:
    (settings.run_dir("g7kmaa").path / "map.json").write_text("{")
    async with dashboard(settings).run_test(size=(80, 24)) as pilot:
        await filled(pilot)
        await go_to(pilot, "t3xxbb")
        await pilot.press("7")
        await until(pilot, lambda: any("No map" in line for line in frame(pilot)))
        await pilot.press("escape")
        await go_to(pilot, "g7kmaa")
        await pilot.press("7")
        await until(pilot, lambda: any("cannot be read" in line for line in frame(pilot)))


async def test_what_can_be_done_is_offered_in_the_room_there_is(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:

        async def shows(*texts: str) -> None:
            await until(pilot, lambda: all(t in "\n".join(frame(pilot)) for t in texts))

        await filled(pilot)
        await go_to(pilot, "t8aaff")
        await pilot.press("z")
        await until(pilot, lambda: not runs(pilot).query_one("#detail").display)
        await pilot.press("z", "enter")
        await shows("running", "c Cancel")
        await pilot.press("escape")
        await go_to(pilot, "g7kmaa")
        await pilot.press("enter")
        await shows("r Re-run", "learnt graft", "agreement", "recovery")
        assert "Cancel" not in frame(pilot)[-1], "it has ended"
        pane = pilot.app.screen.query_one("#summary-pane", TextPane)
        wide = summary(pilot.app.screen.detail, pane.size.width)  # type: ignore[attr-defined]
        narrow = summary(pilot.app.screen.detail, 40)  # type: ignore[attr-defined]
        assert str(wide) != str(narrow)
        assert str(wide) == str(pane.query_one(Static).content)
        await pilot.resize_terminal(40, 24)
        await until(pilot, lambda: pane.size.width == 40)
        await until(pilot, lambda: str(narrow) == str(pane.query_one(Static).content))
        await pilot.resize_terminal(120, 36)
        await shows("recovery")
        await pilot.press("z")
        await until(pilot, lambda: "Re-run" not in "\n".join(frame(pilot)))
        assert "g7kmaa" in "\n".join(frame(pilot)[:3])
        await pilot.press("escape")
        await shows("r Re-run")
