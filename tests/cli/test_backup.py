"""A backup is whole, is made beside runs at work, and has been restored."""

import os
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from graftui import doctor
from graftui import settings as knobs
from graftui.mending import mend
from graftui.models import RunStatus
from graftui.registry import ingest
from graftui.registry.backup import backup
from graftui.registry.store import Store
from tests.cli.conftest import Graftui
from tests.cli.study import known

RUNS = Path("data/runs")


def unpacked(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    into.mkdir()
    with tarfile.open("../study.tar.gz") as tar:
        tar.extractall(into, filter="data")
    monkeypatch.chdir(into)


@pytest.fixture
def work(graftui: Graftui, monkeypatch: pytest.MonkeyPatch) -> Graftui:
    """The films in a folder with another beside it."""
    Path("here").mkdir()
    os.rename("data", "here/data")
    monkeypatch.chdir("here")
    graftui("star", "a1")
    graftui("note", "b1", "look again")
    (RUNS / "a1" / "checkpoint").mkdir()
    (RUNS / "a1" / "checkpoint" / "weights").write_bytes(os.urandom(50_000))
    return graftui


@pytest.mark.parametrize("registry", ["copied", "made anew"])
def test_a_backup_is_restored(
    work: Graftui, monkeypatch: pytest.MonkeyPatch, registry: str
) -> None:
    before = known()
    sweep = Path("data/sweeps/abcdef.json")
    sweep.parent.mkdir()
    sweep.write_text("{}")
    assert "wrote 10 runs" in work("backup", "../study.tar.gz")
    assert Path("../study.tar.gz").stat().st_size < 50_000
    unpacked(Path("../there"), monkeypatch)
    if registry == "made anew":
        doctor.rebuild(knobs.load())
    assert known() == before
    assert not (RUNS / "a1" / "checkpoint").exists()
    assert sweep.read_text() == "{}"


@pytest.mark.parametrize(
    "own", ["runs.db", "./data/../runs.db-wal", "data/queue.json", "data/runs/a1/config.json",
            "data/sweeps/new.json", "graftui.toml"],
)  # fmt: skip
def test_nothing_is_written_over_what_graftui_lives_by(work: Graftui, own: str) -> None:
    Path("data/sweeps").mkdir()
    before = known()
    for verb in (["backup", own], ["export", "--format", "csv", "-o", own]):
        assert "is graftui's own" in work(*verb, code=2)
    assert known() == before
    assert "no file that could be replaced" in work("backup", os.devnull, code=2)


def test_with_checkpoints(work: Graftui, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (RUNS / "a1" / "checkpoint" / "weights").read_bytes()
    work("backup", "../study.tar.gz", "--checkpoints")
    unpacked(Path("../there"), monkeypatch)
    assert (RUNS / "a1" / "checkpoint" / "weights").read_bytes() == content


def test_what_waited_is_held_where_it_is_unpacked(
    work: Graftui, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(knobs.load().db) as store:
        store.update("a1", status=RunStatus.queued)
    here = knobs.load()
    with Store.open(here.db) as store:
        backup(store, here, Path("../study.tar.gz"), checkpoints=False)
        assert store.get("a1").status is RunStatus.queued
    unpacked(Path("../there"), monkeypatch)
    with Store.open(knobs.load().db) as store:
        ingest.adopt(store, knobs.load())
        run = store.get("a1")
    assert (run.status, run.folder) == (RunStatus.held, knobs.load().folder)


def test_nothing_is_left_of_one_that_failed(work: Graftui, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("../study.tar.gz").write_text("the one before")
    monkeypatch.setattr(
        tarfile.TarFile, "addfile", lambda *_: (_ for _ in ()).throw(OSError(28, "full"))
    )
    assert "disk is full" in work("backup", "../study.tar.gz", code=5)
    assert Path("../study.tar.gz").read_text() == "the one before"
    assert [path.name for path in Path("..").glob("*study*")] == ["study.tar.gz"]
    assert "there is no folder nowhere" in work("backup", "nowhere/x.tar.gz", code=2)


def test_the_doctor_mends(work: Graftui, monkeypatch: pytest.MonkeyPatch) -> None:
    here = knobs.load()
    (here.runs / ".gone-x").mkdir()
    with closing(sqlite3.connect(here.db)) as db, db:
        db.execute("PRAGMA foreign_keys=OFF")
        db.execute("INSERT INTO metrics VALUES ('nobody', 'train/loss', '{}', 1, 0.5)")
    done = list(mend(here))
    assert any(".gone-x" in text for text in done)
    assert any("belongs to no run" in text and "10 run folders" in text for text in done)
    with Store.open(here.db) as store:
        assert store.check() == []
    assert list(mend(here)) == [], "there is nothing more to mend"
    here.db.write_bytes(b"no database" * 500)
    for end in ("-wal", "-shm"):
        Path(f"{here.db}{end}").unlink(missing_ok=True)
    assert "is made anew of 10 run folders" in work("doctor", "--fix", code=None)
    assert known()["b1"][0].note == "look again"


def test_the_doctor_opens_ones_own_folders(work: Graftui, monkeypatch: pytest.MonkeyPatch) -> None:
    here = knobs.load()
    shut = here.runs / "a1"
    shut.chmod(0)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "a1")  # root may all
    assert list(mend(here)) == [f"{shut} can be read again"]
    assert shut.stat().st_mode & 0o777 == 0o700
