"""The main screen: it lives, it finds, it asks before it takes something away."""

import os

import pytest
from textual.events import MouseScrollDown
from textual.widgets import DataTable, TabbedContent

from engine.contract import events as ev
from graftui.models import RunStatus
from graftui.registry.store import Store
from graftui.settings import Settings
from graftui.tui.compare.screen import CompareScreen
from graftui.tui.dialogs.confirm import ConfirmScreen
from graftui.tui.run.detail import TABS
from graftui.tui.run.screen import RunScreen
from graftui.tui.runs.feed import PAGE
from graftui.tui.runs.table import RunTable
from tests.tui import world
from tests.tui.conftest import dashboard, filled, frame, go_to, runs, table, until


def status(settings: Settings, id: str) -> RunStatus:
    with Store.open(settings.db) as store:
        return store.get(id).status


def shown(rows: RunTable, id: str, column: str) -> str:
    names = [name for name, _ in rows.layout_now]
    return str(rows.cells(id)[names.index(column)])


async def test_news_change_cells_and_leave_the_cursor_alone(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        rows = await filled(pilot)
        await go_to(pilot, "t5zzdd")
        with settings.run_dir("t8aaff").events.open("ab") as file:
            file.write(ev.dumps(ev.Progress(phase="finetune", step=300, total=400)))
        await until(pilot, lambda: "75%" in shown(rows, "t8aaff", "progress"))
        assert rows.selected == "t5zzdd"


async def test_a_new_run_comes_on_top_and_the_cursor_stays_with_its_run(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        rows = await filled(pilot)
        await go_to(pilot, "t5zzdd")
        row = rows.cursor_row
        world.add(settings, "newaaa", world.config(), created_at=world.NOW)
        await until(pilot, lambda: rows.row_count == 9)
        await until(pilot, lambda: rows.cursor_row == row + 1)
        assert rows.get_row_index("newaaa") == 1, "what runs stands above"
        assert rows.selected == "t5zzdd"


@pytest.mark.parametrize("touched", ["", "key", "wheel"])
async def test_a_queued_grid_pushes_what_runs_out_of_view_for_nobody_who_chose_no_run(
    settings: Settings, touched: str
) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        rows = await filled(pilot)
        if touched == "key":
            await pilot.press("j")
        elif touched:
            rows.post_message(MouseScrollDown(rows, 5, 5, 0, 1, 0, False, False, False))
            await pilot.pause()
        at, running = rows.selected, rows.lines[0].key
        with Store.open(settings.db) as store, store.write() as db:
            db.execute("update runs set status = 'finished' where id = ?", (running,))
        for number in range(30):
            world.add(settings, f"new{number:03}", world.config(), created_at=world.NOW)
        await until(pilot, lambda: rows.row_count == 38)
        await until(pilot, lambda: (rows.selected == at) is bool(touched))
        assert (rows.scroll_y == 0) is not bool(touched)


async def test_cancel_asks_first(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        await filled(pilot)
        await go_to(pilot, "g9bbgg")
        await pilot.press("c")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        await pilot.press("n")
        assert status(settings, "g9bbgg") is RunStatus.queued
        await pilot.press("c", "y")
        await until(pilot, lambda: status(settings, "g9bbgg") is RunStatus.cancelled)
        await until(pilot, lambda: "cancelled" in shown(table(pilot), "g9bbgg", "status"))


async def test_delete_asks_first_and_refuses_what_is_at_work(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        rows = await filled(pilot)
        await go_to(pilot, "t8aaff")
        await pilot.press("d")
        assert not isinstance(pilot.app.screen, ConfirmScreen)
        await go_to(pilot, "t2wqaa")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        asked = "\n".join(frame(pilot))
        assert (
            asked.index("finetune t2wqaa")
            < asked.index("left without it")
            < asked.index("graft g7kmaa")
        )
        await pilot.press("n", "up", "up")
        await go_to(pilot, "t3xxbb")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "left without it" not in "\n".join(frame(pilot))
        await pilot.press("y")
        await until(pilot, lambda: rows.row_count == 7)
        assert not settings.run_dir("t3xxbb").path.exists()
        assert rows.selected == "g7kmaa"  # the one that took its place


async def test_marked_runs_are_compared(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        await filled(pilot)
        await go_to(pilot, "t3xxbb")
        await pilot.press("space")
        await go_to(pilot, "t2wqaa")
        await pilot.press("space", "equals_sign")
        await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
        side = pilot.app.screen.query_one(DataTable)
        await until(pilot, lambda: side.row_count)
        lines = [[str(cell) for cell in side.get_row_at(n)] for n in range(side.row_count)]
        assert ["train.lr", "0.05", "0.2"] in lines
        assert ["finetuned accuracy", "93.4", "88.7"] in lines
        assert not any(line[0] == "task.k" for line in lines)


async def test_quit_leaves_runs_alone_and_says_so(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with dashboard(settings).run_test(size=(80, 24)) as pilot:
        await filled(pilot)
        await pilot.press("q")
    assert status(settings, "t8aaff") is RunStatus.running
    assert "2 runs go on: graftui watch t8aaff" in capsys.readouterr().err


async def test_enter_opens_the_run_and_esc_comes_back(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(80, 24)) as pilot:
        rows = await filled(pilot)
        assert not pilot.app.screen.query_one("#detail").display
        await pilot.press("enter", "4")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        page = pilot.app.screen
        assert page.query_one(TabbedContent).active == TABS[3]
        await until(pilot, lambda: page.detail and page.detail.run.id == rows.selected)  # type: ignore[attr-defined]
        await pilot.press("escape")
        assert pilot.app.screen is runs(pilot)
        assert rows.has_focus


async def test_a_big_registry_comes_in_pages(empty: Settings) -> None:
    world.many(empty, PAGE + 50)
    async with dashboard(empty).run_test(size=(120, 36)) as pilot:
        rows = await filled(pilot, PAGE)
        assert rows.selected == "r00000"
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: rows.row_count == 50)
        assert rows.selected == f"r0{PAGE}"
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: rows.row_count == PAGE)


async def test_export_writes_what_meets_the_filter(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        rows = await filled(pilot)
        await pilot.press("slash", *"sst2", "enter")
        await until(pilot, lambda: rows.row_count == 2)
        await pilot.press("e")
        await until(pilot, (settings.root / "runs.csv").exists)
    header, *rows_written = (settings.root / "runs.csv").read_text().splitlines()
    assert header.startswith("id,name,")
    assert [row.split(",")[1] for row in rows_written] == ["sst2", "sst2"]


async def test_trouble_is_told_and_the_dashboard_goes_on(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        await filled(pilot)
        other = settings.root / "other"
        other.write_text("this is no database, and was not meant to be one at all")
        os.replace(other, settings.db)
        await until(pilot, lambda: pilot.app._notifications)
        told = next(iter(pilot.app._notifications))
        assert "graftui doctor --rebuild" in told.message
        await pilot.pause(0.3)
        assert len(pilot.app._notifications) == 1  # once, however often it looks
