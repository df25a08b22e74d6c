"""Text is data on every screen: it stands there as it is, with nothing parsed and nothing hidden.

Screens are made by hand, so that they get what no registry would hold.
"""

import importlib
import pkgutil
from functools import partial
from typing import Any

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.pilot import Pilot
from textual.screen import Screen

import graftui.tui
from graftui.settings import Settings
from graftui.text import visible
from graftui.tui.compare.screen import CompareScreen
from graftui.tui.dialogs.choice import ChoiceScreen, Option
from graftui.tui.dialogs.opening import OpeningScreen
from graftui.tui.messages import Condemned
from graftui.tui.runs.screen import RunsScreen
from graftui.tui.spelling import Spelling
from graftui.tui.verbs.ending import _ask_deletion
from tests.tui.conftest import dashboard, filled, frame, runs, until
from tests.tui.hostile import LONG, MADE, OVER, SIZE, TOKENS, hostile_run, snapshots


@pytest.fixture(autouse=True)
def _jobs_go_on_until_told() -> None:
    OVER.clear()


def every_screen() -> set[type[Screen[Any]]]:
    """All that are ever shown: those that no other is made from."""
    for module in pkgutil.walk_packages(graftui.tui.__path__, "graftui.tui."):
        importlib.import_module(module.name)
    kinds: list[Any] = [Screen]
    found: set[Any] = set()
    while kinds:
        kind = kinds.pop()
        below = kind.__subclasses__()
        kinds += below
        if not below and kind.__module__.startswith("graftui."):
            found.add(kind)
    return found


def test_there_is_a_hostile_text_for_every_screen() -> None:
    assert every_screen() == {*MADE, RunsScreen}


def shown(lines: list[str], texts: tuple[str, ...] = TOKENS) -> set[str]:
    """Which of the texts are there, as they are to be seen."""
    whole = "\n".join(lines)
    return {text for text in texts if visible(text) in whole}


def tells(pilot: Pilot[None], wanted: set[str]) -> bool:
    """Whether the pane of details does."""
    return wanted <= shown(frame(pilot)[27:])


def drawn(pilot: Pilot[None]) -> list[Segment]:
    """What is on the screen, with line ends."""
    lines = pilot.app.screen._compositor.render_strips()
    return [segment for line in lines for segment in (*line, Segment("\n"))]


async def test_text_is_data_on_every_screen(empty: Settings, unseen: list[str]) -> None:
    seen_of_all: list[Segment] = []
    async with dashboard(empty).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: runs(pilot).snapshot)
        pilot.app.reader.stop()  # type: ignore[attr-defined]
        for make in MADE.values():
            await pilot.app.push_screen(make(empty, TOKENS))
            await until(pilot, lambda: shown(frame(pilot)) == set(TOKENS))
            seen_of_all += drawn(pilot)
            await pilot.app.pop_screen()
        OVER.set()
        await pilot.pause()
        for tab, seen, detail in snapshots(TOKENS):
            runs(pilot).action_tab(tab)
            await pilot.pause()
            runs(pilot).snapshot, runs(pilot).detail = seen, detail
            await until(pilot, lambda: shown(frame(pilot)[:26]) == set(TOKENS))
            if tab != "curves":
                # What was said in lines, or with tabs, is logged so.
                lines = {"a\nb", "e\tf"} if tab == "log" else set()
                wanted = set(TOKENS) - lines
                await until(pilot, partial(tells, pilot, wanted))
    assert not unseen
    for encoding in ("latin-1", "cp1252"):
        spelt = Spelling(encoding).apply(seen_of_all, Color(0, 0, 0))
        "".join(segment.text for segment in spelt).encode(encoding)


async def test_a_terminal_gets_only_letters_it_has(settings: Settings) -> None:
    """Of those that have few, the one that has fewest."""
    async with dashboard(settings, "ascii").run_test(size=(120, 36)) as pilot:
        await filled(pilot)
        await pilot.press("2")
        await until(pilot, lambda: runs(pilot).detail.curves is not None)
        told = frame(pilot)
        assert any("finished" in line and "v finished" in line for line in told)
        for make in MADE.values():
            await pilot.app.push_screen(make(settings, ("é", "日本", "✓ x", "\x1b")))
            await pilot.pause()
            told += frame(pilot)
            await pilot.app.pop_screen()
        OVER.set()
    whole = "\n".join(told)
    whole.encode("ascii")
    assert "\\u" not in whole.replace("\\u65e5", "")
    assert any("+--" in line for line in told), "the frame of a dialog"


async def test_long_texts_leave_room_for_the_rest(empty: Settings) -> None:
    """Buttons and keys stay in view whatever a run is called."""
    graft = hostile_run(LONG)
    async with dashboard(empty).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: runs(pilot).snapshot)
        _ask_deletion(runs(pilot), Condemned([graft] * 9, [graft] * 9))
        await pilot.pause()
        whole = "\n".join(frame(pilot))
        assert "No (n)" in whole
        assert "and 5 more" in whole
        options = [Option("1", LONG, LONG), Option("2", "b", "[b]")]
        await pilot.app.push_screen(ChoiceScreen("Which?", options))
        await pilot.pause()
        assert "[b]" in "\n".join(frame(pilot))
        await pilot.app.push_screen(MADE[CompareScreen](empty, (LONG, "[b]")))
        await pilot.pause()
        assert "Back" in "\n".join(frame(pilot))
        await pilot.app.push_screen(MADE[OpeningScreen](empty, (LONG,)))
        await until(pilot, lambda: "esc back" in "\n".join(frame(pilot)))
        OVER.set()
