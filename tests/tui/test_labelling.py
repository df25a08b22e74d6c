"""What is said of runs by keys, and taken back by another: as the command line says it."""

from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from graftui.models import Run, RunStatus
from graftui.registry.store import Store
from graftui.settings import Settings
from graftui.tui.compare.screen import CompareScreen
from graftui.tui.completed import CompletedInput, OfferList
from graftui.tui.dialogs.confirm import ConfirmScreen
from graftui.tui.dialogs.tagging import TagScreen, completed
from graftui.tui.dialogs.writing import NameScreen, NoteScreen
from graftui.tui.run.screen import RunScreen
from tests.tui.conftest import dashboard, filled, go_to, runs, until
from tests.tui.hostile import hostile_run


def run(settings: Settings, id: str) -> Run:
    with Store.open(settings.db) as store:
        return store.get(id)


def told(pilot: Pilot[None]) -> list[str]:
    return [note.message for note in pilot.app._notifications]


async def opened(pilot: Pilot[None], key: str, screen: type) -> None:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, screen))


async def mark(pilot: Pilot[None], *ids: str) -> None:
    for id in ids:
        await go_to(pilot, id)
        await pilot.press("space")


async def test_marked_runs_are_tagged_and_untagged(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        await filled(pilot)
        await mark(pilot, "t4yycc", "t3xxbb")
        await opened(pilot, "t", TagScreen)
        await pilot.press(*"pa", "space", *"-se")
        line = pilot.app.screen.query_one(CompletedInput)
        await until(pilot, lambda: pilot.app.screen.query_one(OfferList).shown.line == "pa -se")
        await pilot.press("tab")
        assert line.value == "pa -seed13 "
        await pilot.press("enter")
        await until(pilot, lambda: run(settings, "t4yycc").tags == ("lr", "pa"))
        assert run(settings, "t3xxbb").tags == ("lr", "pa")
        await until(pilot, lambda: "+pa -seed13: 2 runs" in told(pilot))
        assert runs(pilot).marked == {"t4yycc", "t3xxbb"}, "for the next key"
        await pilot.press("asterisk")
        await until(pilot, lambda: run(settings, "t3xxbb").star)
        await until(pilot, lambda: any("2 runs starred" in text for text in told(pilot)))
        await pilot.press("u")
        await until(pilot, lambda: "Taken back: starred of 2 runs." in told(pilot))
        await pilot.press("u")
        await until(pilot, lambda: run(settings, "t3xxbb").tags == ("lr", "seed13"))
        await until(pilot, lambda: "Taken back: +pa -seed13 of 2 runs." in told(pilot))
        assert (run(settings, "t4yycc").tags, run(settings, "t4yycc").star) == (("lr",), False)


async def test_a_note_and_a_name(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(80, 24)) as pilot:
        await filled(pilot)
        await go_to(pilot, "t3xxbb")
        await opened(pilot, "w", NoteScreen)
        await pilot.press(*"good", "enter", *"so far", "ctrl+s")
        await until(pilot, lambda: run(settings, "t3xxbb").note == "good\nso far")
        await opened(pilot, "f2", NameScreen)
        assert pilot.app.screen.query_one(Input).value == "lr-0.2"
        await pilot.press(*"x", "enter")
        await until(pilot, lambda: run(settings, "t3xxbb").name == "x")
        await until(pilot, lambda: "t3xxbb is x now, not lr-0.2" in told(pilot))
        await opened(pilot, "w", NoteScreen)
        assert pilot.app.screen.query_one(TextArea).text == "good\nso far"
        await pilot.press("escape")
        with Store.open(settings.db) as store:
            store.update("t3xxbb", note="by another")
        await pilot.press("u", "u")
        await until(pilot, lambda: run(settings, "t3xxbb").name == "lr-0.2")
        await until(pilot, lambda: any("left alone" in text for text in told(pilot)))
        assert run(settings, "t3xxbb").note == "by another"


async def test_what_goes_from_view_loses_its_mark_and_comes_back(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        rows = await filled(pilot)
        await mark(pilot, "t4yycc", "t3xxbb")
        await pilot.press("a")
        await until(pilot, lambda: rows.row_count == 6)
        assert not runs(pilot).marked
        await pilot.press("g")
        await go_to(pilot, "t5zzdd")
        await opened(pilot, "d", ConfirmScreen)
        await pilot.press("y")
        await until(pilot, lambda: rows.row_count == 5)
        await until(pilot, lambda: "Deleted 1 run. u brings them back." in told(pilot))
        await pilot.press("u")
        await until(pilot, lambda: rows.row_count == 6)
        assert settings.run_dir("t5zzdd").path.exists()
        await pilot.press("u")
        await until(pilot, lambda: rows.row_count == 8)
        await pilot.press("u")
        await until(pilot, lambda: any("Nothing to take back" in text for text in told(pilot)))


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("", ["-lr", "+seed13", "+two words"]),
        ("s", ["+seed13", "+two words"]),
        ("-", ["-lr", "-seed13"]),
        ("+x wo", ["+two words"]),
        ("l", []),
    ],
)
def test_what_is_offered_of_tags(line: str, offered: list[str]) -> None:
    about = hostile_run("a")
    both = [replace(about, tags=("lr", "seed13")), replace(about, tags=("lr",))]
    tags = {"lr": 3, "seed13": 1, "two words": 9}
    offers = completed(line, len(line), both, tags)
    assert [offer.title for offer in offers.offers] == offered
    for offer in offers.offers:
        assert offers.taken(offer)[0].startswith(line[: offers.start])


async def test_on_the_page_of_a_run_the_same_keys_are_about_it(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(80, 24)) as pilot:
        await filled(pilot)
        await go_to(pilot, "g9bbgg")
        await pilot.press("H")
        await until(pilot, lambda: run(settings, "g9bbgg").status is RunStatus.held)
        await go_to(pilot, "t3xxbb")
        await opened(pilot, "enter", RunScreen)
        await pilot.press("asterisk")
        await until(pilot, lambda: run(settings, "t3xxbb").star)
        await until(pilot, lambda: any("1 run starred" in text for text in told(pilot)))
        await pilot.press("escape", "u")  # from wherever one is by now
        await until(pilot, lambda: not run(settings, "t3xxbb").star)


async def test_all_that_are_compared_are_starred(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(80, 24)) as pilot:
        await filled(pilot)
        await mark(pilot, "t3xxbb", "t2wqaa")
        await opened(pilot, "equals_sign", CompareScreen)
        await pilot.press("asterisk")
        await until(pilot, lambda: run(settings, "t3xxbb").star and run(settings, "t2wqaa").star)
