"""Keys: help, palette and footer are made from the bindings, and graftui.toml changes them."""

import json
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.command import CommandPalette
from textual.widgets import Input, OptionList

from graftui import trust
from graftui.errors import UsageError
from graftui.scheduler.commands import commands
from graftui.settings import Settings
from graftui.trust import NotAllowed
from graftui.tui import keys
from graftui.tui.dialogs.help import HelpScreen
from graftui.tui.remembered import Remembered
from tests.tui.conftest import dashboard, filled, frame, runs, until


def test_every_key_that_is_shown_has_an_id_and_says_what_it_does() -> None:
    known = keys.bindings()
    assert {id.partition(".")[0] for id in known} <= set(keys.SECTIONS)
    assert [id for id, each in known.items() if not each.description] == []
    assert [id for id, each in known.items() if not each.tooltip] == []
    assert len(known) > 25


async def test_help_has_the_keys_of_the_screen_and_does_what_is_picked(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(100, 40)) as pilot:
        await filled(pilot)
        there = {key.id: key for key in keys.keys_of(pilot.app.screen)}
        assert there["runs.compare"].shown == "=  m"
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        await until(pilot, lambda: "Runs" in "\n".join(frame(pilot)))
        for key in there.values():
            assert f"{key.text}"[:30] in "\n".join(
                str(option.prompt) for option in pilot.app.screen.query_one(OptionList).options
            ), key.id
        await pilot.press(*"take the mark")
        assert pilot.app.screen.query_one(Input).value == "take the mark"
        await pilot.press("enter")
        await until(pilot, lambda: len(runs(pilot).marked) == 1)
        await pilot.press("question_mark", *"no such thing", "enter")
        assert isinstance(pilot.app.screen, HelpScreen)
        await pilot.press("escape")
        assert pilot.app.screen is runs(pilot)


async def test_the_palette_has_every_key_by_name(settings: Settings) -> None:
    async with dashboard(settings).run_test() as pilot:
        await filled(pilot)
        names = [each.title for each in pilot.app.get_system_commands(pilot.app.screen)]
        assert {"New", "Re-run", "Compare", "Filter", "Theme", "Screenshot"} <= set(names)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))


async def test_a_key_is_given_another_place(settings: Settings) -> None:
    (settings.root / "graftui.toml").write_text('[keys]\nruns.mark = "x"\n')
    async with dashboard(settings).run_test(size=(100, 40)) as pilot:
        await filled(pilot)
        await pilot.press("space")
        assert not runs(pilot).marked
        await pilot.press("x")
        assert len(runs(pilot).marked) == 1
        assert "x Mark" in frame(pilot)[-1]


@pytest.fixture
def notices(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was told so far: the toast of it goes after some seconds."""
    heard: list[str] = []
    notify = App.notify

    def hear(app: App[None], message: str, **said: Any) -> None:
        heard.append(message)
        notify(app, message, **said)

    monkeypatch.setattr(App, "notify", hear)
    return heard


async def test_two_things_of_one_key_are_told(settings: Settings, notices: list[str]) -> None:
    (settings.root / "graftui.toml").write_text('[keys]\nruns.mark = "c"\n')
    async with dashboard(settings).run_test(size=(100, 40)) as pilot:
        await filled(pilot)
        (told,) = [notice for notice in notices if "no key" in notice]
        assert told.startswith("c is both runs.cancel and runs.mark")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[keys]\nruns.makr = 'x'\n", "'runs.makr', which is no key's name"),
        ("[keys]\nruns.mark = 3\n", "runs.mark should be a key"),
        ("[keys]\nruns.mark = ''\n", "runs.mark should be a key"),
        ("keys = 3\n", "keys should be a table"),
    ],
)
def test_what_is_wrong_in_the_table(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "graftui.toml").write_text(text)
    with pytest.raises(UsageError, match=said):
        keys.remapped(tmp_path / "graftui.toml")


async def test_the_theme_is_remembered(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    async with dashboard(settings).run_test() as pilot:
        await filled(pilot)
        pilot.app.theme = "nord"
        await until(pilot, lambda: Remembered().get("theme", str, "") == "nord")
    async with dashboard(settings).run_test() as pilot:
        await filled(pilot)
        assert pilot.app.theme == "nord"
        Remembered().put("theme", "gone")
    async with dashboard(settings).run_test() as pilot:
        await filled(pilot)
        assert pilot.app.theme == "graftui"


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"theme": [', "\x00", '{"theme": 3}'])
def test_a_file_that_makes_no_sense_counts_as_empty(tmp_path: Path, text: str) -> None:
    file = tmp_path / "dashboard.json"
    file.write_text(text)

    def word(value: object) -> str:
        if not isinstance(value, str):
            raise TypeError(value)
        return value

    kept = Remembered(file)
    assert kept.get("theme", word, "calm") == "calm"
    kept.put("columns", ["id"])
    assert json.loads(file.read_text())["columns"] == ["id"]
    assert Remembered(tmp_path / "file" / "x").get("columns", list, []) == []


def test_two_dashboards_share_the_file(tmp_path: Path) -> None:
    one, other = Remembered(tmp_path / "d.json"), Remembered(tmp_path / "d.json")
    one.put("theme", "nord")
    other.put("columns", ["id"])
    assert Remembered(tmp_path / "d.json").get("theme", str, "") == "nord"
    other.put("theme", None)
    assert Remembered(tmp_path / "d.json").get("theme", str, "none") == "none"


def test_the_names_of_all_keys_are_to_be_read() -> None:
    page = (Path(__file__).parents[2] / "docs" / "dashboard.md").read_text(encoding="utf-8")
    assert [id for id in keys.bindings() if f"`{id}`" not in page] == []


async def test_a_command_of_ones_own_is_called_for_the_chosen_runs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, notices: list[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(settings.root / "config"))
    file = settings.root / "graftui.toml"
    file.write_text(
        '[commands.log]\nrun = "echo $GRAFTUI_RUN $GRAFTUI_STATUS >> called; echo so"\nkey = "f6"\n'
        '[commands.fail]\nrun = "exit 4"\n[commands.late]\nrun = "true"\nkey = "t"\n'
    )
    with pytest.raises(NotAllowed) as refusal:
        commands(settings)
    trust.allow(refusal.value.file, refusal.value.name, refusal.value.value)
    async with dashboard(settings).run_test(size=(100, 40)) as pilot:
        await filled(pilot)
        there = {key.id: key for key in keys.keys_of(pilot.app.screen)}
        assert there["commands.log"].section == "Your commands"
        named = [each.title for each in pilot.app.get_system_commands(pilot.app.screen)]
        assert {"log", "fail"} <= set(named)
        assert any("t is runs.tag already" in notice for notice in notices)
        await pilot.press("space", "space", "f6")
        await until(pilot, lambda: any("log of" in notice for notice in notices))
        called = (settings.root / "called").read_text().splitlines()
        assert {line.split()[0] for line in called} == runs(pilot).marked
        assert any("so" in notice.splitlines() for notice in notices)
        await pilot.app.run_action("command('fail')")
        await until(pilot, lambda: any("failed: exit 4" in notice for notice in notices))
