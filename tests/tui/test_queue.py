"""The queue and the machine: the same words as `graftui queue`, and what is waiting arranged by
keys alone.
"""

import json
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from graftui.models import Attempt, Run, RunStatus
from graftui.registry.store import Store
from graftui.scheduler.admission.machine import Machine
from graftui.scheduler.executors.slurm.commands import Job
from graftui.scheduler.executors.slurm.snapshot import Seen, Snapshot
from graftui.scheduler.queue import queue_file
from graftui.scheduler.queue.outlook import outlook
from graftui.settings import Settings
from graftui.tui import reader
from graftui.tui.dialogs.line import LineScreen
from graftui.tui.queue import describe
from graftui.tui.queue.feed import PAGE, QueueSeen
from graftui.tui.queue.screen import QueueScreen
from graftui.tui.queue.table import QueueTable
from graftui.tui.run.screen import RunScreen
from tests.tui import world
from tests.tui.conftest import dashboard, frame, until
from tests.tui.test_queueing import line, waiting_runs

MACHINE = {
    "cores": 8, "memory_gib": 64, "available_gib": 48,
    "gpus": [{"uuid": "GPU-a", "total_gib": 24, "used_gib": 18}],
}  # fmt: skip


def with_machine(settings: Settings) -> Settings:
    """On a machine that stays as it is."""
    file = settings.root / "machine.json"
    file.write_text(json.dumps(MACHINE))
    return replace(settings, inventory=str(file))


def text(pilot: Pilot[None]) -> str:
    return "\n".join(frame(pilot))


async def opened(pilot: Pilot[None]) -> QueueScreen:
    await pilot.press("Q")
    await until(pilot, lambda: isinstance(pilot.app.screen, QueueScreen))
    screen: Any = pilot.app.screen
    await until(pilot, lambda: screen.seen)
    return screen


async def test_what_runs_where_and_what_waits_for_what(settings: Settings) -> None:
    settings = with_machine(settings)
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await until(pilot, lambda: "t8aaff" in text(pilot))
        with Store.open(settings.db) as store:
            now = outlook(settings, store)
        await until(pilot, lambda: "1 at work, as many as have room" in text(pilot))
        shown = text(pilot)
        for each in now.lines:
            assert each.why in shown
        assert [run.id for run in now.at_work] == ["t8aaff"]
        assert "memory  ━━━━━───────────────  16 of 64 GiB" in shown
        assert "GPU 0   ━━━━━━━━━━━━━━━─────  18 of 24 GiB" in shown
        assert screen.query_one(QueueTable).selected == "t8aaff"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))


async def test_what_waits_is_arranged_by_keys(empty: Settings) -> None:
    waiting_runs(empty, 4)
    settings = with_machine(empty)

    def held() -> list[str]:
        with Store.open(settings.db) as store:
            return [run.id for run in store.list(sort="created") if run.status is RunStatus.held]

    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        table = screen.query_one(QueueTable)
        await until(pilot, lambda: table.row_count == 4)
        await pilot.press("J")
        await until(pilot, lambda: line(settings) == ["q1", "q0", "q2", "q3"])
        await until(pilot, lambda: table.cursor_row == 1)
        assert table.selected == "q0"
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: line(settings) == ["q1", "q2", "q3", "q0"])
        await pilot.press("plus")
        await until(pilot, lambda: line(settings)[0] == "q0")
        await pilot.press("H")
        await until(pilot, lambda: held() == ["q0"])
        await until(pilot, lambda: "= held" in text(pilot))
        await pilot.press("l")
        await until(pilot, lambda: not held())
        await pilot.press("w")
        await until(pilot, lambda: isinstance(pilot.app.screen, LineScreen))
        pilot.app.screen.query_one(Input).value = "3"
        await pilot.press("enter")
        await until(pilot, lambda: queue_file.read(settings).jobs == 3)
        await pilot.press("p")
        await until(pilot, lambda: queue_file.read(settings).paused)
        await until(pilot, lambda: "p lets it go on" in text(pilot))
        await pilot.press("g", "space", "space", "c", "y")
        await until(pilot, lambda: len(line(settings)) == 2)


async def test_pages_of_thousands(empty: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "look", lambda *_: None)  # it would miss their folders
    about = world.config()
    base = world.add(empty, "q00000", about, created_at=world.NOW, folder=empty.folder)
    with Store.open(empty.db) as store:
        store.add([replace(base, id=f"q{n:05d}", created_at=world.NOW + n)
                   for n in range(1, 2 * PAGE + 7)])  # fmt: skip
        assert outlook(empty, store, slice(3, 5)).lines == outlook(empty, store).lines[3:5]
    async with dashboard(with_machine(empty)).run_test(size=(100, 30)) as pilot:
        screen = await opened(pilot)
        table = screen.query_one(QueueTable)
        await until(pilot, lambda: table.row_count == PAGE)
        assert "1–100 of 207" in text(pilot)
        await pilot.press("right_square_bracket", "right_square_bracket", "right_square_bracket")
        await until(pilot, lambda: table.row_count == 7)
        await until(pilot, lambda: "201–207 of 207" in text(pilot))


async def test_nothing_is_queued(empty: Settings) -> None:
    async with dashboard(with_machine(empty)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await until(pilot, lambda: "graftui run pocket" in text(pilot))


def test_jobs_of_slurm_with_reason_task_node_and_time_left(empty: Settings) -> None:
    jobs = {
        "17_3": Job("17_3", "RUNNING", "None", "node2", left="1:59:00"),
        "18": Job("18", "PENDING", "Priority"), "19": Job("19", "PENDING", "Resources"),
    }  # fmt: skip
    waits = {"18": "Priority", "19": "Resources", "17_3": ""}
    runs = [
        Run(id=f"r{number}", name="x", kind="graft", config={}, config_hash="",
            created_at=world.NOW, status=RunStatus.running, executor="slurm",
            waits_for=waits[id], condition="waiting" if waits[id] else "",
            attempt=Attempt(run=f"r{number}", n=1, executor="slurm", job=id))
        for number, id in enumerate(jobs)
    ]  # fmt: skip
    with Store.open(empty.db) as store:
        base = outlook(empty, store)
    seen = QueueSeen(
        0, world.NOW, replace(base, at_work=runs, left_s=dict.fromkeys(["r0", "r1", "r2"])),
        Machine(8, 64 << 30, 48 << 30), Snapshot(world.NOW - 12, world.NOW,
                                     {id: Seen(job, world.NOW) for id, job in jobs.items()}), "",
    )  # fmt: skip
    rows = [turn.cells[-1] for turn in describe.turns(seen)]
    assert rows == [
        "job 17_3, node2, 1:59:00 of its time left", "job 18: Priority", "job 19: Resources",
    ]  # fmt: skip
    told = describe.machine(seen).plain
    assert "1 running, 2 pending (Priority 1, Resources 1)  asked 12s ago" in told
