"""Looking where nothing can be written: all is shown that can be read, and nothing is touched."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from graftui import doctor
from graftui.cli.common import store_to_read
from graftui.errors import NotFound, Unwritable, UsageError
from graftui.models import RunStatus
from graftui.registry.card import card_of, write_card
from graftui.registry.query.grammar import words
from graftui.registry.store import Store
from graftui.registry.view import view
from graftui.scheduler.cancel import remove
from graftui.settings import Settings, at
from tests.registry.registry_rows import a_life, make, place, text_of


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """One finished run that the registry knows, and one that it has yet to see."""
    here = at(tmp_path)
    for id in ("aaaaaa", "bbbbbb"):
        run = make(id=id, name=f"run {id}", created_at=10.0)
        run_dir = place(here.runs, run)
        write_card(run_dir, card_of(run))
        run_dir.events.write_bytes(text_of(a_life()))
        if id == "aaaaaa":
            with store_to_read(here):
                pass
    return here


def files(root: Path) -> dict[Path, bytes]:
    """All but what SQLite keeps beside an open registry."""
    found = (path for path in root.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in found if "runs.db-" not in path.name}


def refuse(monkeypatch: pytest.MonkeyPatch, times: int = 1 << 30) -> None:
    """Opening fails so often as on a full disk."""
    left, opened = iter(range(times)), Store.open

    def full(path: Path) -> Store:
        if next(left, None) is None:
            return opened(path)
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorname = "SQLITE_FULL"
        raise error

    monkeypatch.setattr(Store, "open", full)


def test_all_that_can_be_read_is_shown_and_nothing_is_written(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(settings.root)
    refuse(monkeypatch)
    with store_to_read(settings) as store:
        assert {run.id for run in store.list()} == {"aaaaaa", "bbbbbb"}
        assert all(run.status is RunStatus.finished for run in store.list())
        assert store.scores(["aaaaaa"])["aaaaaa"]
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "disk is full" in said
    assert "view in memory" in said
    assert files(settings.root) == before


def test_a_registry_that_is_not_there_is_made_up_for(settings: Settings) -> None:
    settings.db.unlink()
    store, _ = view(settings)
    with store:
        assert store.count() == 2
        assert [run.id for run in store.list(where=words("bbbbbb"))] == ["bbbbbb"]
    assert not settings.db.exists()


def test_what_is_in_the_log_alone_is_seen_too(settings: Settings) -> None:
    """Another process has the registry open: what it wrote last is not in the file itself."""
    with Store.open(settings.db) as writer:
        writer.update("aaaaaa", tags=("fresh",))
        store, _ = view(settings)
        with store:
            assert store.get("aaaaaa").tags == ("fresh",)


def test_what_still_runs_has_its_news(settings: Settings) -> None:
    with Store.open(settings.db) as store:
        store.update("aaaaaa", status=RunStatus.running, ended_at=None)
        with store.write() as db:
            db.execute("UPDATE runs SET events_offset = 0")
    store, _ = view(settings)
    with store:
        assert store.get("aaaaaa").status is RunStatus.finished


@pytest.mark.parametrize("act", [lambda s: s.resolve("nobody"), lambda s: s.list(sort="colour")])
def test_wrong_usage_stays_wrong_usage(settings: Settings, act: Callable[[Store], object]) -> None:
    with store_to_read(settings) as store, pytest.raises((UsageError, NotFound)):
        act(store)


def newer(settings: Settings) -> None:
    with Store.open(settings.db) as store, store.write() as db:
        db.execute("INSERT INTO migrations (name, applied_at) VALUES ('m999_future', 1)")
        db.execute("ALTER TABLE runs RENAME COLUMN device TO devices")


def test_a_newer_registry_is_only_a_cache(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    newer(settings)
    before = settings.db.read_bytes()
    with store_to_read(settings) as store:
        assert store.count() == 2
    said = capsys.readouterr().err
    assert "newer graftui wrote (m999_future)" in said
    assert "graftui doctor --rebuild" in said
    assert doctor.rebuild(settings) == 2
    (aside,) = settings.root.glob("runs.db.aside-*[0-9]")
    assert aside.read_bytes() == before
    with store_to_read(settings) as store:
        assert store.count() == 2
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("times", [1 << 30, 1])
def test_deleting_frees_the_files_first(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """With no room even then, and with room as soon as the files are gone."""
    with monkeypatch.context() as patch:
        refuse(patch, times)
        remove(settings, ["aaaaaa", "bbbbbb"])
        assert list(settings.runs.iterdir()) == []
    with Store.open(settings.db) as store:
        assert store.count() == 0
        assert store.check() == []


def test_nothing_at_work_is_deleted_though_the_disk_is_full(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(settings.db) as store:
        store.update("aaaaaa", status=RunStatus.queued)
    refuse(monkeypatch)
    before = files(settings.root)
    with pytest.raises(UsageError, match="queued"):
        remove(settings, ["bbbbbb", "aaaaaa"])
    assert files(settings.root) == before


def test_the_doctor_names_what_is_wrong_with_folders_all_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.runs / "bbbbbb" / "config.json").write_text("{")
    refuse(monkeypatch)
    checks = {check.name: check for check in doctor.examine(settings)}
    assert "disk is full" in checks["registry"].text
    assert "graftui rm" in checks["registry"].hint
    assert "bbbbbb" in checks["run folder"].text


def test_a_refusal_that_is_none_of_these_is_told(settings: Settings) -> None:
    settings.db.write_text("no database " * 1000)
    with pytest.raises(Exception, match="not a graftui registry") as caught:
        store_to_read(settings)
    assert not isinstance(caught.value, Unwritable)
