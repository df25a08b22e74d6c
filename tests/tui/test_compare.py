"""The compare screen, by keys: its panes, and what stands in them."""

from textual.pilot import Pilot

from graftui.settings import Settings
from graftui.tui.compare.screen import CompareScreen
from tests.tui.conftest import dashboard, filled, frame, until


async def compared(pilot: Pilot[None], count: int = 3) -> CompareScreen:
    """Mark so many of the oldest runs and compare them."""
    await filled(pilot)
    await pilot.press("G", *["space", "up", "up"] * count, "equals_sign")
    screen = pilot.app.screen
    assert isinstance(screen, CompareScreen)
    await until(pilot, lambda: screen.seen)
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
        assert screen.seen
        assert "task.k" in {row.name for _, row in screen.seen.table.lines()}
        await pilot.press("v")
        await until(pilot, lambda: "3 runs over seeds" in whole(pilot))
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, CompareScreen)
