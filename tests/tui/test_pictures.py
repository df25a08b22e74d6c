"""Pictures of the screens. Look at them in snapshot_report.html, then --snapshot-update."""

from typing import Any

import pytest
from textual.pilot import Pilot

from graftui.settings import Settings
from tests.tui import world
from tests.tui.conftest import dashboard, filled, frame, go_to, still, table, until
from tests.tui.test_compare import compared


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["wide", "narrow"])
def test_runs_and_summary(settings: Settings, snap_compare: Any, size: tuple[int, int]) -> None:
    async def prepare(pilot: Pilot[None]) -> None:
        await filled(pilot)
        await go_to(pilot, "g7kmaa")

    assert snap_compare(dashboard(settings), terminal_size=size, run_before=prepare)


@pytest.mark.parametrize("size", [(120, 36)], ids=["wide"])
def test_curves(settings: Settings, snap_compare: Any, size: tuple[int, int]) -> None:
    async def prepare(pilot: Pilot[None]) -> None:
        await filled(pilot)
        await go_to(pilot, "t2wqaa")
        await pilot.press("2")
        await until(pilot, lambda: len(pilot.app.screen.detail.series) == 4)  # type: ignore[attr-defined]
        await still(pilot)

    assert snap_compare(dashboard(settings), terminal_size=size, run_before=prepare)


def test_nothing_yet(empty: Settings, snap_compare: Any) -> None:
    async def prepare(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: pilot.app.screen.has_class("-nothing"))

    assert snap_compare(dashboard(empty), terminal_size=(80, 24), run_before=prepare)


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["wide", "narrow"])
def test_groups_over_seeds(empty: Settings, snap_compare: Any, size: tuple[int, int]) -> None:
    world.grid(empty)

    async def prepare(pilot: Pilot[None]) -> None:
        await filled(pilot)
        await pilot.press("B")
        await until(pilot, lambda: table(pilot).row_count == 4)
        await pilot.press("enter")
        await until(pilot, lambda: table(pilot).row_count == 6)

    assert snap_compare(dashboard(empty), terminal_size=size, run_before=prepare)


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["wide", "narrow"])
def test_comparison(settings: Settings, snap_compare: Any, size: tuple[int, int]) -> None:
    async def prepare(pilot: Pilot[None]) -> None:
        screen = await compared(pilot)
        wanted = {"figures", "curves"} if size[0] > 100 else {"figures"}
        await until(pilot, lambda: wanted <= screen.answers.keys())
        await pilot.pause(0.2)

    assert snap_compare(dashboard(settings), terminal_size=size, run_before=prepare)


def test_comparison_without_answers(settings: Settings, snap_compare: Any) -> None:
    async def prepare(pilot: Pilot[None]) -> None:
        await compared(pilot)
        await pilot.press("6")
        await until(pilot, lambda: "no such answers" in "\n".join(frame(pilot)))
        await pilot.pause(0.2)

    assert snap_compare(dashboard(settings), terminal_size=(80, 24), run_before=prepare)
