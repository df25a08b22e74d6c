"""Pictures of the filter and of the dialogs of labels. As test_pictures.py."""

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from graftui.settings import Settings
from graftui.tui.completed import OfferList
from graftui.tui.dialogs.tagging import TagScreen
from graftui.tui.dialogs.writing import NoteScreen
from tests.tui.conftest import dashboard, filled, frame, go_to, runs, until


def still(pilot: Pilot[None]) -> None:
    """A cursor that does not blink."""
    for box in pilot.app.screen.query(Input):
        box.cursor_blink = False


@pytest.mark.parametrize("size", [(120, 28), (80, 24)], ids=["wide", "narrow"])
def test_offers_of_the_filter(settings: Settings, snap_compare: Any, size: tuple[int, int]) -> None:
    async def prepare(pilot: Pilot[None]) -> None:
        await filled(pilot)
        await pilot.press("slash", *"kind=finetune status=")
        still(pilot)
        offers = runs(pilot).query_one(OfferList)
        await until(pilot, lambda: offers.shown.line == "kind=finetune status=")
        await pilot.press("down", "down")
        await until(pilot, lambda: runs(pilot).snapshot.problem)
        await pilot.pause(0.1)

    assert snap_compare(dashboard(settings), terminal_size=size, run_before=prepare)


def test_a_wrong_filter(settings: Settings, snap_compare: Any) -> None:
    async def prepare(pilot: Pilot[None]) -> None:
        await filled(pilot)
        await pilot.press("slash", *"kind=finetune statsu=failed ")
        still(pilot)
        await until(pilot, lambda: runs(pilot).snapshot.problem)
        await pilot.press("enter")
        await until(pilot, lambda: "no key 'statsu'" in "\n".join(frame(pilot)))
        await pilot.pause(0.1)

    assert snap_compare(dashboard(settings), terminal_size=(80, 24), run_before=prepare)


def test_tags(settings: Settings, snap_compare: Any) -> None:
    async def prepare(pilot: Pilot[None]) -> None:
        await filled(pilot)
        await go_to(pilot, "t4yycc")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, TagScreen))
        still(pilot)
        await until(pilot, lambda: pilot.app.screen.query_one(OfferList).shown.offers)
        await pilot.pause(0.1)

    assert snap_compare(dashboard(settings), terminal_size=(80, 24), run_before=prepare)


def test_a_note(settings: Settings, snap_compare: Any) -> None:
    async def prepare(pilot: Pilot[None]) -> None:
        await filled(pilot)
        await go_to(pilot, "t4yycc")
        await pilot.press("w")
        await until(pilot, lambda: isinstance(pilot.app.screen, NoteScreen))
        pilot.app.screen.query_one("TextArea").cursor_blink = False  # type: ignore[attr-defined]
        await pilot.press(*"too fast", "enter", *"try 0.9")
        await pilot.pause(0.1)

    assert snap_compare(dashboard(settings), terminal_size=(120, 36), run_before=prepare)
