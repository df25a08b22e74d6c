"""A dashboard that stays open while all goes on under it: four processes write runs, the supervisor
is killed, runs.db is deleted, and somebody goes from screen to screen.

    SOAK_S=60 pytest -s tests/soak/test_open_dashboard.py      # for longer than some seconds
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from textual.pilot import Pilot

from graftui import settings as knobs
from graftui.settings import Settings
from graftui.tui.app import GraftuiApp
from graftui.tui.runs.screen import RunsScreen
from tests.soak.home import ROOT
from tests.tui import world

SECONDS = float(os.environ.get("SOAK_S", "4"))
WAIT_S = 120.0
KEYS = ("j", "k", "g", "G", "space", "enter", "escape", "2", "1", "S", "Q", "R", "B", "B")
"""Of movement, between screens too: none that changes a run or asks something."""
WRITERS = ("live01", "live02", "live03", "live04")


@pytest.mark.soak
@pytest.mark.skipif(sys.platform != "linux", reason="finds the supervisor in /proc")
async def test_dashboard_stays_open(tmp_path: Path) -> None:
    settings = knobs.at(tmp_path, poll_s=0.1)
    world.grid(settings)
    chance, app = random.Random(1), GraftuiApp(settings)
    with writers(settings) as written:
        async with app.run_test(size=(120, 36)) as pilot:
            screen = app._runs_screen
            await until(pilot, lambda: set(WRITERS) <= set(shown(screen)))
            troubles = [lambda: kill_supervisor(settings), lambda: delete_registry(settings)] * 2
            began = time.monotonic()
            while troubles or any(process.poll() is None for process in written):
                await pilot.press(chance.choice(KEYS))
                await pilot.pause(0.05)
                if troubles and time.monotonic() - began > SECONDS * (5 - len(troubles)) / 6:
                    troubles.pop(0)()
            await pilot.press("R", "0")
            if screen.page.by:
                screen.group_by(())
            told = listed(settings)
            await until(pilot, lambda: shown(screen) == told)
    assert [told[id] for id in WRITERS] == ["finished"] * len(WRITERS)
    assert set(told) == {"t11", "g11", "t12", "g12", "t21", "g21", "t22", "g22", *WRITERS}


@contextmanager
def writers(settings: Settings) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """A process a run, each at work for so long; after them no supervisor is left."""
    command = [sys.executable, "-m", "tests.soak.pretend_run", str(settings.root)]
    processes = [subprocess.Popen([*command, id, str(SECONDS)], cwd=ROOT) for id in WRITERS]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()
        kill_supervisor(settings)


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        await pilot.pause(0.05)


def shown(screen: RunsScreen) -> Mapping[str, str]:
    """The state of each run in the table."""
    lines = screen.snapshot.lines if screen.snapshot else ()
    return {id: str(line.run.status) for line in lines if hasattr(line, "run") for id in line.ids}


def listed(settings: Settings) -> Mapping[str, str]:
    """The same, as the command line says it."""
    command = [sys.executable, "-m", "graftui", "ls", "--json", "-n", "0"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    said = subprocess.run(command, cwd=settings.root, env=env, capture_output=True, check=True)
    return {run["id"]: run["status"] for run in json.loads(said.stdout)}


def kill_supervisor(settings: Settings) -> None:
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it went meanwhile
            ours = os.readlink(entry / "cwd") == str(settings.root)
            if ours and b"graftui.scheduler.supervise" in (entry / "cmdline").read_bytes():
                os.kill(int(entry.name), signal.SIGKILL)


def delete_registry(settings: Settings) -> None:
    for end in ("", "-wal", "-shm"):
        settings.db.with_name(f"runs.db{end}").unlink(missing_ok=True)
