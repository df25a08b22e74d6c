"""The form of a run again: what is changed is shown, and what that costs it of its name."""

import pytest
from textual.widgets import Input, Static

from graftui.registry.store import Store
from graftui.scheduler import look
from graftui.settings import Settings
from graftui.tui import form
from graftui.tui.new import coming
from graftui.tui.new.field import Field
from graftui.tui.new.screen import NewRunScreen
from tests.tui.conftest import dashboard, filled, go_to, until
from tests.tui.test_form import field


async def test_rerun_shows_what_is_changed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "set_going", lambda _: None)
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        await filled(pilot)
        await go_to(pilot, "t3xxbb")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, NewRunScreen))
        screen = pilot.app.screen
        assert isinstance(screen, NewRunScreen)
        await until(pilot, lambda: screen.query(Field))
        field(screen, "train.lr").query_one(Input).value = "0.3"
        changes = screen.query_one("#form-changes", Static)
        await until(pilot, lambda: "train.lr 0.2 → 0.3" in str(changes.content))
        await pilot.press("ctrl+r")
        await filled(pilot, 9)
    with Store.open(settings.db) as store:
        (made,) = store.list(limit=1)
        assert made.config["train"]["lr"] == 0.3
        assert (made.name, made.tags) == ("pocket", ()), "the old ones told of another run"


@pytest.mark.parametrize(
    ("typed", "name", "tags"),
    [
        ({}, "lr-0.2", ("lr", "seed13")),
        ({"train.lr": "0.3"}, "pocket", ()),
        ({"train.lr": "0.3", "keep": True}, "lr-0.2", ("lr", "seed13")),
        ({"train.lr": "0.3", "name": "lr-0.3"}, "lr-0.3", ()),
        ({"train.lr": "0.3", "tags": "lr seed13 new"}, "pocket", ("lr", "seed13", "new")),
        ({"name": "again", "tags": ""}, "again", ()),
    ],
)
def test_a_changed_run_loses_name_and_tags_as_on_the_command_line(
    settings: Settings, typed: dict[str, form.Value], name: str, tags: tuple[str, ...]
) -> None:
    with Store.open(settings.db) as store:
        run = store.get("t3xxbb")
    made = form.of_rerun(run)
    values = {entry.path: entry.shown for entry in made.entries} | typed
    (plan,) = coming.planned(made, values, settings).plans
    assert (plan.name, plan.tags) == (name, tags)
    told = {**made.changes(values), **coming.consequences(made, values)}
    assert told.get("name", ("", run.name))[1] == name, "and the form says so before"
    assert str(told.get("tags", ("", " ".join(run.tags)))[1]).split() == list(tags)
