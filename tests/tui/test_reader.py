"""The reader: it answers what the open screen asks, reads nothing else, and copes with the disk."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from engine.contract import events as ev
from graftui import settings as knobs
from graftui.errors import GraftuiError
from graftui.measured import CurveKey
from graftui.registry.store import Store
from graftui.settings import Settings
from graftui.tui.compare.feed import Figures
from graftui.tui.compare.screen import CompareScreen
from graftui.tui.dialogs.confirm import ConfirmScreen
from graftui.tui.feed import Question, Source
from graftui.tui.new.screen import NewRunScreen
from graftui.tui.reader import Reader
from graftui.tui.run.feed import RunPage
from graftui.tui.runs.feed import RunsPage
from tests.tui import world
from tests.tui.conftest import dashboard, filled, frame, go_to, runs, until

read: list[str] = []
"""Names of the questions that were answered, in order."""


@dataclass(frozen=True)
class Asked:
    """A question that keeps count."""

    name: str

    def feed(self) -> "Asked":
        return self

    def read(self, source: Source, question: "Asked") -> str:
        read.append(question.name)
        return f"{question.name} {len(read)}"


@pytest.fixture(autouse=True)
def _none_read() -> None:
    read.clear()


@pytest.fixture
def told() -> list[Any]:
    """What the reader said: questions that advanced, and troubles."""
    return []


@pytest.fixture
def reader(settings: Settings, told: list[Any]) -> Reader:
    """A reader whose answers stay new for long."""
    slow = knobs.at(settings.root, poll_s=100.0)
    return Reader(slow, told.append, told.append, lambda: world.NOW)


def test_it_answers_what_is_asked_and_nothing_else(reader: Reader, told: list[Any]) -> None:
    one, two, three = Asked("one"), Asked("two"), Asked("three")
    reader.look()
    assert read == []
    reader.ask(one, two)
    reader.look()
    reader.look()
    assert (read, told) == (["one", "two"], [one, two])
    assert reader.answer(one) == "one 1"
    assert reader.answer(three) is None
    reader.ask(two, three)
    reader.look()
    assert read == ["one", "two", "three"]
    assert reader.answer(two) == "two 2", "what it knows it keeps"
    assert reader.answer(one) is None, "what nobody asks it forgets"
    reader.refresh()
    reader.look()
    assert read[3:] == ["two", "three"]
    assert reader.answer(two) == "two 4"


def test_a_registry_that_is_deleted_comes_back_and_that_is_said(
    settings: Settings, told: list[Any]
) -> None:
    reader = Reader(settings, print, told.append, lambda: world.NOW)
    reader.look()
    for file in settings.root.glob("runs.db*"):
        file.unlink()
    reader.refresh()
    reader.look()
    reader.refresh()
    reader.look()
    (trouble,) = told
    assert "runs.db was deleted" in trouble.message
    with Store.open(settings.db) as store:
        assert store.count() == 8


def test_an_old_answer_is_read_again(settings: Settings, told: list[Any]) -> None:
    reader = Reader(settings, told.append, told.append)
    reader.ask(Asked("one"))
    reader.look()
    reader._interval_s = 0.0
    reader.look()
    assert read == ["one", "one"]


LOSS = CurveKey("train/loss")


def test_the_three_feeds_read_what_their_question_names(reader: Reader) -> None:
    page, summary = RunsPage("status=finished"), RunPage("t2wqaa")
    log, curves = RunPage("t2wqaa", "log"), RunPage("t2wqaa", "curves", (LOSS,))
    both = Figures(("t3xxbb", "t2wqaa", "gone"))
    questions: tuple[Question[Any], ...] = (page, summary, log, curves, both, RunPage("gone"))
    reader.ask(*questions)
    reader.look()
    seen = reader.answer(page)
    assert seen is not None
    assert ({line.key for line in seen.lines}, seen.total, seen.every) == (
        {"t2wqaa", "g7kmaa", "t3xxbb"}, 3, 8,
    )  # fmt: skip
    assert seen.active == ("t8aaff", "g9bbgg")
    details = [reader.answer(question) for question in (summary, log, curves)]
    assert [(d and d.log is not None, d and d.curves is not None) for d in details] == [
        (False, False), (True, False), (False, True),
    ]  # fmt: skip
    drawn = details[2]
    assert drawn is not None
    assert [series.name for series in drawn.series] == ["train/loss"]
    compared = reader.answer(both)
    assert compared is not None
    assert compared.table.heads == ("t2wqaa", "t3xxbb"), "oldest first"
    assert reader.answer(RunPage("gone")) is None


def full(*_: object) -> Store:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorname = "SQLITE_FULL"
    raise error


def newer(settings: Settings) -> None:
    with sqlite3.connect(settings.db) as db:
        db.execute("INSERT INTO migrations (name, applied_at) VALUES ('m999_later', 1)")


def content(settings: Settings) -> list[str]:
    with sqlite3.connect(settings.db) as db:
        return list(db.iterdump())


def test_on_a_full_disk_it_reads_a_view_and_says_so_once(
    reader: Reader, told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = RunsPage()
    reader.ask(page)
    with monkeypatch.context() as patch:
        patch.setattr("graftui.tui.reader.look", full)  # it opens; nothing can be written
        for _ in range(3):
            reader.look()
            reader.refresh()
        seen = reader.answer(page)
        assert seen is not None
        assert (len(seen.lines), seen.view_only) == (8, True)
        assert [run.id for run in reader.active] == ["t8aaff", "g9bbgg"]
        (trouble,) = [said for said in told if isinstance(said, GraftuiError)]
        assert "disk is full" in trouble.message
        assert "a view in memory: nothing is noted" in trouble.message
    reader.look()
    seen = reader.answer(page)
    assert seen is not None
    assert not seen.view_only, "there is room again"


async def test_a_registry_of_a_later_version_is_shown_from_the_run_folders(
    settings: Settings,
) -> None:
    newer(settings)
    before = content(settings)
    async with dashboard(settings).run_test(size=(160, 36)) as pilot:
        await filled(pilot)
        assert "a view in memory: nothing is noted" in frame(pilot)[0]
        (told,) = pilot.app._notifications
        assert "a newer graftui wrote" in told.message
    assert content(settings) == before


def counting(monkeypatch: pytest.MonkeyPatch, name: str) -> list[object]:
    """The questions that a method of Store is asked from now on."""
    asked: list[object] = []
    method: Callable[..., Any] = getattr(Store, name)

    def noted(self: Store, *arguments: Any, **options: Any) -> Any:
        asked.append(arguments or options)
        return method(self, *arguments, **options)

    monkeypatch.setattr(Store, name, noted)
    return asked


async def test_only_the_open_screen_is_read_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comparison goes on with its runs; meanwhile nobody pages through the registry."""
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        await filled(pilot)
        for id in ("t8aaff", "t3xxbb"):
            await go_to(pilot, id)
            await pilot.press("space")
        await pilot.press("equals_sign")
        await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
        screen: Any = pilot.app.screen
        await until(pilot, lambda: screen.answers.get("figures"))
        listed, scored = counting(monkeypatch, "list"), counting(monkeypatch, "scores")
        await until(pilot, lambda: len(scored) > 2)
        with settings.run_dir("t8aaff").events.open("ab") as file:
            file.write(ev.dumps(world.evaluated("finetuned", 0.777)))
        await until(pilot, lambda: any("77.7" in line for line in frame(pilot)))
        await pilot.press("ctrl+c")  # under a dialog it goes on
        assert isinstance(pilot.app.screen, ConfirmScreen)
        scored.clear()
        await until(pilot, lambda: scored)
        assert not listed
        await pilot.press("n", "escape")
        await until(pilot, lambda: listed)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, NewRunScreen))
        await until(pilot, lambda: not pilot.app.reader._readings)  # type: ignore[attr-defined]
        listed.clear()
        scored.clear()
        await pilot.pause(0.3)
        assert (listed, scored) == ([], []), "a form asks nothing"


async def test_a_held_run_is_released_or_cancelled(settings: Settings) -> None:
    for id in ("h1", "h2"):
        world.add(settings, id, world.config(), created_at=world.NOW, status="held")
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        await filled(pilot, 10)
        await go_to(pilot, "h2")
        await pilot.press("l")
        await until(pilot, lambda: runs(pilot).snapshot.counts["queued"] == 2)
        await go_to(pilot, "h1")
        await pilot.press("c")
        assert "It has not begun." in "\n".join(frame(pilot))
        await pilot.press("y")
        await until(pilot, lambda: runs(pilot).snapshot.counts["held"] == 0)
    with Store.open(settings.db) as store:
        assert {id: store.get(id).status for id in ("h1", "h2")} == {
            "h2": "queued", "h1": "cancelled",
        }  # fmt: skip
