"""Pictures of sweeps and queue. Look at them in snapshot_report.html, then --snapshot-update."""

from typing import Any

import pytest
from textual.pilot import Pilot

from graftui.settings import Settings
from graftui.show import queue as words
from tests.tui.conftest import dashboard, until
from tests.tui.sweeping import sweep
from tests.tui.test_queue import opened as queue
from tests.tui.test_queue import text, with_machine
from tests.tui.test_sweeps import matrix, opened

SIZES = pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["wide", "narrow"])


@SIZES
def test_matrix(settings: Settings, snap_compare: Any, size: tuple[int, int]) -> None:
    sweep(settings)

    async def prepare(pilot: Pilot[None]) -> None:
        await matrix(pilot)
        await until(pilot, lambda: "✗ oom" in text(pilot))
        await pilot.press("n")
        await until(pilot, lambda: "out of memory" in text(pilot))

    assert snap_compare(dashboard(settings), terminal_size=size, run_before=prepare)


def test_list_of_sweeps(settings: Settings, snap_compare: Any) -> None:
    sweep(settings)

    async def prepare(pilot: Pilot[None]) -> None:
        await opened(pilot)
        await until(pilot, lambda: "3 done" in text(pilot))

    assert snap_compare(dashboard(settings), terminal_size=(80, 24), run_before=prepare)


@SIZES
def test_queue(
    settings: Settings, snap_compare: Any, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "process", lambda attempt: "4711 on gpu1")

    async def prepare(pilot: Pilot[None]) -> None:
        await queue(pilot)
        await until(pilot, lambda: "as many as have room" in text(pilot))

    app = dashboard(with_machine(settings))
    assert snap_compare(app, terminal_size=size, run_before=prepare)


def test_no_sweep(empty: Settings, snap_compare: Any) -> None:
    async def prepare(pilot: Pilot[None]) -> None:
        await opened(pilot)
        await until(pilot, lambda: "No sweeps yet" in text(pilot))

    assert snap_compare(dashboard(empty), terminal_size=(80, 24), run_before=prepare)
