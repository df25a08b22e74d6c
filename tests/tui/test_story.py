"""A researcher's first hour by keys alone, from an empty folder to a file for a paper, with an
engine that only pretends.
"""

import csv
import os
import signal
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from graftui import settings as knobs
from graftui.models import Run, RunStatus
from graftui.registry.store import Store
from graftui.scheduler import look
from graftui.settings import Settings
from graftui.tui.app import GraftuiApp
from graftui.tui.compare.screen import CompareScreen
from graftui.tui.dialogs.choice import ChoiceScreen
from graftui.tui.dialogs.saving import SavingScreen
from graftui.tui.new.field import Field
from graftui.tui.new.picking import RecipeScreen
from graftui.tui.new.screen import NewRunScreen
from graftui.tui.run.screen import RunScreen
from graftui.tui.runs.screen import RunsScreen
from graftui.tui.sweep.screen import SweepScreen
from tests.cli.conftest import work
from tests.cli.workplace import Workplace
from tests.forks import FORKS
from tests.scheduler.forked import use_forked
from tests.tui.conftest import frame, until

__all__ = ["work"]
ENSURE = look.ensure
"""Before the other tests of the dashboard do without a supervisor."""


@pytest.fixture
def folder(work: Workplace, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An empty one, and the engine."""
    monkeypatch.chdir(work.path)
    for name, value in work.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(look, "ensure", ENSURE)
    use_forked(monkeypatch)
    # Later it could not be: within the dashboard, the standard error is no file.
    FORKS.Process(target=int).start()
    return knobs.load()


class Desk:
    """Somebody at the keys."""

    def __init__(self, pilot: Pilot[None], settings: Settings) -> None:
        self.pilot = pilot
        self.settings = settings

    async def press(self, *keys: str, to: type[object] | None = None) -> None:
        """Press keys; then wait for the screen that they lead to."""
        await self.pilot.press(*keys)
        if to is not None:
            await until(self.pilot, lambda: isinstance(self.pilot.app.screen, to))

    async def type(self, text: str) -> None:
        await self.pilot.press(*(self._key(letter) for letter in text))

    def _key(self, letter: str) -> str:
        names = {" ": "space", ",": "comma", ".": "full_stop", "=": "equals_sign"}
        return names.get(letter, letter)

    async def fill(self, path: str, text: str) -> None:
        """Go down to a field of the form, and write it anew."""
        fields = self.pilot.app.screen.query(Field)
        while not any(field.entry.path == path and field.has_class("-here") for field in fields):
            await self.pilot.press("down")
        await self.pilot.press("end", "ctrl+u")
        await self.type(text)

    async def sees(self, *texts: str) -> None:
        def stand_there() -> bool:
            drawn = "\n".join(frame(self.pilot))
            return all(text in drawn for text in texts)

        await until(self.pilot, stand_there)

    def runs(self, status: RunStatus) -> list[Run]:
        with Store.open(self.settings.db) as store:
            return [run for run in store.list() if run.status is status]


async def test_from_an_empty_folder_to_an_export(folder: Settings) -> None:
    app = GraftuiApp(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        desk = Desk(pilot, folder)
        await desk.sees("No runs yet")
        await _queue_a_sweep(desk)
        await _look_at_a_run(desk)
        await _run_again_what_was_killed(desk)
        await _compare(desk)
        await desk.press("R", to=RunsScreen)
        await desk.press("e")
        await until(pilot, (folder.root / "runs.csv").exists)
    rows = list(csv.DictReader((folder.root / "runs.csv").open()))
    assert {row["status"] for row in rows} == {"finished"}
    assert len(rows) == 2, "those that are marked"


async def _queue_a_sweep(desk: Desk) -> None:
    await desk.press("n", to=RecipeScreen)
    recipes = desk.pilot.app.screen.query_one(OptionList)
    while recipes.highlighted_option and recipes.highlighted_option.id != "pocket":
        await desk.press("down")
    await desk.press("enter", to=NewRunScreen)
    await desk.fill("model.name", "finish,sleep")
    await desk.press("ctrl+r", to=SweepScreen)
    await desk.sees("✓ 1 done", "● 1 running")


async def _look_at_a_run(desk: Desk) -> None:
    await desk.press("g")
    await desk.sees("✓ finished  graft")
    await desk.press("enter")
    await until(desk.pilot, lambda: isinstance(desk.pilot.app.screen, RunScreen | ChoiceScreen))
    if isinstance(desk.pilot.app.screen, ChoiceScreen):
        await desk.press("enter", to=RunScreen)
    await desk.press("2")
    await desk.sees("loss")
    await desk.press("7")
    await desk.sees("No map")
    await desk.press("escape", to=SweepScreen)


async def _run_again_what_was_killed(desk: Desk) -> None:
    (asleep,) = desk.runs(RunStatus.running)
    assert asleep.attempt.pid is not None
    os.killpg(asleep.attempt.pid, signal.SIGKILL)
    await desk.sees("✗ 1 failed")
    await desk.press("n")
    await desk.sees("killed")
    await desk.press("r")
    await desk.sees("● 1 running")


async def _compare(desk: Desk) -> None:
    await desk.press("R", to=RunsScreen)
    await desk.press("G", "space", "up", "space", "equals_sign", to=CompareScreen)
    await desk.sees("settings that differ")
    await desk.press("e", to=SavingScreen)
    await desk.press("enter", to=CompareScreen)
    await until(desk.pilot, lambda: list(Path(desk.settings.root).glob("figures*")))
