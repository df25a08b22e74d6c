"""The filter: completed while it is typed, wrong at its place, in view while it is in force."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from graftui.settings import Settings
from graftui.text import visible
from graftui.tui.completed import CompletedInput, OfferList
from graftui.tui.remembered import Remembered
from graftui.tui.runs import filter_history
from tests.tui import world
from tests.tui.conftest import dashboard, filled, frame, runs, until
from tests.tui.hostile import TOKENS


@pytest.fixture(autouse=True)
def _state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def line(pilot: Pilot[None]) -> CompletedInput:
    return runs(pilot).query_one(CompletedInput)  # type: ignore[no-any-return]


def offered(pilot: Pilot[None]) -> list[str]:
    """For the line as it is."""
    shown = runs(pilot).query_one(OfferList).shown
    return [offer.title for offer in shown.offers] if shown.line == line(pilot).value else []


async def test_a_filter_is_typed_kept_recalled_and_cleared(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        rows = await filled(pilot)
        await pilot.press("slash")
        await until(pilot, lambda: "status" in offered(pilot))
        await pilot.press(*"sta")
        await until(pilot, lambda: "status" in offered(pilot))
        await pilot.press("tab")
        assert line(pilot).value == "status="
        await until(pilot, lambda: "failed" in offered(pilot))
        await pilot.press(*"fa", "tab")  # before there is an offer: it is taken when it comes
        await until(pilot, lambda: line(pilot).value == "status=failed ")
        await until(pilot, lambda: rows.row_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: rows.has_focus)
        await until(pilot, lambda: "1 of 8 runs   ctrl+/ clears" in frame(pilot)[1])
        await pilot.press("slash", *"x", "escape")
        await until(pilot, lambda: rows.has_focus)
        assert line(pilot).value == "status=failed ", "as it was before"
        await pilot.press("ctrl+underscore")
        await until(pilot, lambda: rows.row_count == 8)
        assert not runs(pilot).query_one("#filter").display
        await pilot.press("slash", "up")
        assert line(pilot).value == "status=failed"
        await pilot.press("down", "ctrl+slash")
        assert line(pilot).value == ""
        assert rows.has_focus


async def test_what_is_wrong_is_said_below_its_place(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(80, 24)) as pilot:
        rows = await filled(pilot)
        await pilot.press("slash", *"lr nokey=1 ")
        await until(pilot, lambda: runs(pilot).snapshot.problem)
        await pilot.press("enter")
        await until(pilot, lambda: "no key 'nokey'" in "\n".join(frame(pilot)))
        typed, pointer, *_ = frame(pilot)[1:]
        assert pointer.index("^^^^^") == typed.index("nokey")
        assert "→ " in frame(pilot)[4]
        assert line(pilot).has_focus, "who typed a wrong one stays"
        await pilot.press("escape")
        await until(pilot, lambda: rows.row_count == 8)
        assert filter_history.history(Remembered()) == ()


async def test_down_goes_into_the_list_and_enter_takes_from_it(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        rows = await filled(pilot)
        await pilot.press("slash", *"task=")
        await until(pilot, lambda: "pocket-topic" in offered(pilot))
        second = offered(pilot)[1]
        await pilot.press("down", "down", "enter")
        assert line(pilot).value == f"task={second} "
        await pilot.press("enter")
        await until(pilot, lambda: rows.has_focus)


async def test_hostile_texts_are_listed_and_pasted_as_they_are_seen(
    empty: Settings, unseen: list[str]
) -> None:
    stored = ["[/x]", "[@click=app.quit]x[/]", "日本", "$x[/$y]", "\x1b[2J", "a\nb", "\u202eabc"]
    world.add(empty, "a1", world.config(), tags=tuple(stored))
    async with dashboard(empty).run_test(size=(120, 60)) as pilot:
        await filled(pilot, 1)
        await pilot.press("slash", *"tag=")
        await until(pilot, lambda: len(offered(pilot)) == 4)
        assert not [text for text in offered(pilot) if visible(text) != text]
        for text in offered(pilot):
            await until(pilot, lambda text=text: text in "\n".join(frame(pilot)))  # type: ignore[misc]
        line(pilot).insert_text_at_cursor("".join(TOKENS))
        await pilot.pause(0.2)
        assert visible(line(pilot).value) == line(pilot).value
    assert not unseen


def test_the_history_has_each_once_and_what_a_line_can_hold(tmp_path: Path) -> None:
    kept = Remembered(tmp_path / "dashboard.json")
    for text in ("a", "b", "a"):
        filter_history.keep(kept, text)
    assert filter_history.history(kept) == ("a", "b")
    kept.put("runs.filters", ["a", 3, "\x1b[2J", "", "b", "a"])
    assert filter_history.history(kept) == ("a", "b")
    kept.put("runs.filters", "a")
    assert filter_history.history(kept) == ()
