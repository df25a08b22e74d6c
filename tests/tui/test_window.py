"""The window: what is left stays left, no key ends it by surprise, what it wrote is told."""

import threading
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.message import Message
from textual.pilot import Pilot
from textual.reactive import Reactive
from textual.widgets import Input
from textual.widgets._toast import Toast

from graftui.planning import library
from graftui.settings import Settings
from graftui.tui import form, keys
from graftui.tui.app import GraftuiApp
from graftui.tui.dialogs.confirm import ConfirmScreen
from graftui.tui.dialogs.opening import OpeningScreen
from graftui.tui.live import LiveScreen
from graftui.tui.messages import FormMade
from graftui.tui.new import jobs as form_jobs
from graftui.tui.new.screen import NewRunScreen
from graftui.tui.runs.screen import RunsScreen
from tests.tui import world
from tests.tui.conftest import dashboard, filled, frame, go_to, runs, until
from tests.tui.hostile import form_of


def saved(pilot: Pilot[None], file: Path) -> bool:
    return str(file) in told(pilot)


def told(pilot: Pilot[None]) -> str:
    return "\n".join(note.message for note in pilot.app._notifications)


async def test_a_form_that_was_left_while_it_was_read_does_not_pop_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, done = threading.Event(), threading.Event()

    def slow(*arguments: object) -> Message:
        released.wait(60)
        done.set()
        return FormMade(form_of(("x",)))

    monkeypatch.setattr(form_jobs, "form_of_rerun", slow)
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        await filled(pilot)
        await go_to(pilot, "t3xxbb")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, OpeningScreen))
        await pilot.press("escape")
        released.set()
        await until(pilot, done.is_set)
        await pilot.pause(0.3)
        assert pilot.app.screen is runs(pilot)
        # With another dialog on top it waits, and opens when that has been answered.
        released.clear()
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, OpeningScreen))
        await pilot.press("ctrl+c")
        released.set()
        await pilot.pause(0.3)
        assert isinstance(pilot.app.screen, ConfirmScreen)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, NewRunScreen))


async def test_ctrl_c_copies_what_is_selected_or_asks(empty: Settings) -> None:
    async with dashboard(empty).run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: runs(pilot).snapshot)
        await pilot.press("ctrl+c", "ctrl+c")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        await pilot.press("n")
        assert pilot.app.screen is runs(pilot)
        await pilot.press("slash", *"abc", "shift+home", "ctrl+c")
        assert (pilot.app.clipboard, pilot.app.screen) == ("abc", runs(pilot))
        assert "Copied 3 letters" in told(pilot)
        await pilot.press("end", "ctrl+c")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        await pilot.press("y")
        await until(pilot, lambda: not pilot.app.is_running)


async def test_a_screenshot_says_where_it_is_or_why_not(empty: Settings) -> None:
    async with dashboard(empty).run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: runs(pilot).snapshot)
        await pilot.press("question_mark")
        for name in ("graftui.svg", "graftui-2.svg"):
            pilot.app.deliver_screenshot()
            await until(pilot, partial(saved, pilot, empty.root / name))
            ET.parse(empty.root / name)
            assert "Keys" in (empty.root / name).read_text(encoding="utf-8")
        pilot.app.settings = replace(empty, root=Path("/no/such"))  # type: ignore[attr-defined]
        pilot.app.deliver_screenshot()
        await until(pilot, lambda: "/no/such/graftui.svg does not exist" in told(pilot))


async def test_a_toast_covers_no_field(empty: Settings) -> None:
    async with dashboard(empty).run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: runs(pilot).snapshot)
        screen = NewRunScreen(empty, form.of_recipe(library.load("pocket", empty)))
        await pilot.app.push_screen(screen)
        pilot.app.notify("[b] of several lines\n" * 4, timeout=60)
        await until(pilot, lambda: screen.query(Toast) and screen.query_one(Toast).region)
        toast = screen.query_one(Toast).region
        for covered in ("#form-title", "#form-body", "#form-changes", "#form-help"):
            assert not toast.overlaps(screen.query_one(covered).region)
        assert "[b] of several lines" in "\n".join(frame(pilot))


async def test_what_stands_at_the_right_stays_there(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        await filled(pilot)
        pilot.app.reader.stop()  # type: ignore[attr-defined]
        for width, height in ((80, 24), (200, 60), (100, 20)):
            await pilot.resize_terminal(width, height)
            await until(pilot, lambda: frame(pilot)[0].endswith("8 runs "))
            assert len(frame(pilot)[0]) == width


async def test_what_is_typed_survives_a_dialog(empty: Settings) -> None:
    async with dashboard(empty).run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: runs(pilot).snapshot)
        await pilot.press("slash", *"film", "ctrl+c", "n")
        assert runs(pilot).query_one(Input).value == "film"
        assert runs(pilot).query_one(Input).has_focus


async def test_times_are_read_by_the_clock_on_request(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(settings.root))
    begun = time.monotonic()
    app = GraftuiApp(settings, clock=lambda: world.NOW + time.monotonic() - begun)
    async with app.run_test(size=(120, 36)) as pilot:
        await filled(pilot)
        created = time.gmtime(world.NOW - 7210)
        when = f"{created.tm_hour:02d}:{created.tm_min:02d}"
        assert when not in "\n".join(frame(pilot))
        await pilot.press("T")
        await until(pilot, lambda: when in "\n".join(frame(pilot)))
        assert dashboard(settings).remembered.get("times", bool, False)
        await pilot.press("T")
        await until(pilot, lambda: when not in "\n".join(frame(pilot)))


def test_no_screen_is_painted_anew_as_a_whole_when_it_hands_something_on() -> None:
    """Over a slow link that takes a second a key, and its widgets paint themselves."""
    keys.bindings()  # which imports all screens
    screens: list[type[LiveScreen[Any]]] = [LiveScreen]
    repainting: list[str] = []
    while screens:
        screen = screens.pop()
        screens += screen.__subclasses__()
        own = [name for name, each in vars(screen).items() if isinstance(each, Reactive)]
        repainting += [f"{screen.__name__}.{name}" for name in own if vars(screen)[name]._repaint]
    assert repainting == []


async def test_a_key_before_the_first_screen_is_there_goes_nowhere(settings: Settings) -> None:
    app = dashboard(settings)
    async with app.run_test(size=(80, 24)) as pilot:
        await filled(pilot)
        home = app._runs_screen
        app._runs_screen = RunsScreen(settings, app.reader, app.remembered)  # pushed nowhere
        app.action_go("runs")
        await pilot.pause()
        assert app.screen is home
