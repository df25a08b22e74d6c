"""A small world of runs, and dashboards on it."""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot
from textual.widgets import Input

from graftui.results.times import Reading, read_as
from graftui.scheduler import look
from graftui.settings import Settings
from graftui.text import visible
from graftui.tui.app import GraftuiApp
from graftui.tui.runs.table import RunTable
from graftui.tui.spelling import Spelling
from tests.tui import world

LOOKS = 1200
"""Before a test gives up: a minute where nothing else runs. On a busy machine each takes longer,
and so does what is waited for.
"""

# A busy machine needs more than Textual's 30 s for what is pending in a form.
Pilot._wait_for_screen.__defaults__ = (300.0,)

# The same numbers, which are asked for half a million times as a form opens.
RuleSet.__hash__ = object.__hash__  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def _style_sheets_are_parsed_once() -> Iterator[None]:
    """Each dashboard would parse those of all widgets anew, a tenth of what it takes to open."""
    parse, known = Stylesheet._parse_rules, dict[object, list[RuleSet]]()

    def parsed(self: Stylesheet, css: str, *args: Any, **about: Any) -> list[RuleSet]:
        key = (css, args, *about.items(), frozenset(self._variables.items()))
        if key not in known:
            known[key] = parse(self, css, *args, **about)
        return known[key]

    Stylesheet._parse_rules = parsed  # type: ignore[method-assign]
    yield
    Stylesheet._parse_rules = parse  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    read_as(Reading())


@pytest.fixture(autouse=True)
def _no_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look starts one where a run waits; here nothing is to change by itself."""
    monkeypatch.setattr(look, "ensure", lambda _: None)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_registry: Path) -> Settings:
    """A working directory without runs."""
    root = tmp_path / "ablation"
    root.mkdir()
    shutil.copy(empty_registry, root)
    monkeypatch.chdir(root)
    return world.place(root)


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory, empty_registry: Path) -> Path:
    """A folder with a run in every state, to be copied."""
    root = tmp_path_factory.mktemp("everything")
    shutil.copy(empty_registry, root)
    world.everything(world.place(root))
    return root


@pytest.fixture
def settings(empty: Settings, everything: Path) -> Settings:
    """A working directory with a run in every state."""
    shutil.copytree(everything, empty.root, dirs_exist_ok=True)
    return empty


def dashboard(settings: Settings, encoding: str = "utf-8") -> GraftuiApp:
    """A dashboard whose clock stands still."""
    return GraftuiApp(settings, clock=lambda: world.NOW, encoding=encoding)


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Let the dashboard go on until `condition` holds. Pauses of the pilot ask every widget whether
    it is done, and draw: of a form that has hundreds, that would be most of the work.
    """
    for n in range(LOOKS):
        began = time.thread_time()
        if condition():
            if n:
                await pilot.pause(0.02)
            return
        assert not pilot.app._exception, "it broke"
        # Looking takes the time of those that are waited for, most of all if it draws the screen.
        took = time.thread_time() - began
        await asyncio.sleep(max(min(0.05, 0.02 + n * 0.002), 5 * took))
    raise AssertionError("it did not come about")


async def still(pilot: Pilot[None]) -> None:
    """Let the dashboard go on until what is on the screen stays as it is; no cursor blinks."""
    for box in pilot.app.screen.query(Input):
        box.cursor_blink = False
    before: list[str] = []
    while (now := frame(pilot)) != before or any(
        not worker.is_finished for worker in pilot.app.workers if worker.name != "reader"
    ):
        before = now
        await pilot.pause(0.4)


def runs(pilot: Pilot[None]) -> Any:
    """The main screen."""
    return pilot.app._runs_screen  # type: ignore[attr-defined]


def table(pilot: Pilot[None]) -> RunTable:
    return pilot.app.screen_stack[1].query_one(RunTable)


def frame(pilot: Pilot[None]) -> list[str]:
    """What is on the screen, line by line; no text in it is a link to an action of the app."""
    strips = pilot.app.screen._compositor.render_strips()
    for strip in strips:
        for segment in strip:
            if segment.style and segment.style._meta:
                assert "quit" not in str(segment.style.meta.get("@click"))
    return [strip.text for strip in strips]


async def filled(pilot: Pilot[None], rows: int = 8) -> RunTable:
    """The table, as soon as it shows so many runs and the details of one."""
    await until(pilot, lambda: table(pilot).row_count == rows)
    await until(pilot, lambda: runs(pilot).detail)
    return table(pilot)


async def go_to(pilot: Pilot[None], id: str) -> None:
    """Put the cursor on a run, with keys."""
    for _ in range(table(pilot).row_count):
        if table(pilot).selected == id:
            break
        await pilot.press("down")
    await until(pilot, lambda: runs(pilot).detail.run.id == id)


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the last filter before the terminal had to take away: nothing, if all is right."""
    taken: list[str] = []
    apply = Spelling.apply

    def spy(self: Spelling, segments: list[Segment], background: Color) -> list[Segment]:
        taken.extend(s.text for s in segments if visible(s.text) != s.text)
        return apply(self, segments, background)

    monkeypatch.setattr(Spelling, "apply", spy)
    return taken
