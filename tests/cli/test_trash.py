"""Deleting with undo: what rm took away comes back whole, until it is over."""

import json
import os
import shutil
from pathlib import Path

import pytest

from graftui import doctor
from graftui import settings as knobs
from graftui.registry.store import Store
from graftui.scheduler import look, supervise
from graftui.scheduler.removal import trash
from tests.cli.conftest import Graftui
from tests.cli.study import known

RUNS = Path("data/runs")


def test_what_was_deleted_comes_back_whole(graftui: Graftui) -> None:
    graftui("star", "a2")
    graftui("note", "a2", "the good one")
    before = known()
    files = {path: path.read_bytes() for path in RUNS.rglob("*") if path.is_file()}
    assert "graftui undo" in graftui("rm", "-y", "a2", "b1")
    graftui("rm", "-y", "gb1")
    assert not (RUNS / "a2").exists()
    assert not [path for path in RUNS.iterdir() if path.name.startswith(".")], "it lies beside"
    assert "There is no run" in graftui("show", "a2", code=2)
    listed = json.loads(graftui("trash", "ls", "--json"))
    assert [run["id"] for run in listed] == ["gb1", "a2", "b1"]
    assert listed[1]["name"] == "study-a2"
    assert "1 run back: gb1" in graftui("undo")
    assert "2 runs back: a2 (study-a2), b1" in graftui("undo")
    assert known() == before
    for path, content in files.items():  # a fine-tuning's config is left with its graft by rm
        assert path.read_bytes() == content
    assert "Nothing is in the trash" in graftui("undo", code=2)


def test_one_is_put_back_by_its_name(graftui: Graftui) -> None:
    graftui("rm", "-y", "a1", "a2")
    assert "No run 'a3'" in graftui("trash", "restore", "study-a1", "a3", code=2)
    assert not (RUNS / "a1").exists()
    graftui("trash", "restore", "study-a1")
    assert (RUNS / "a1").is_dir()
    assert not (RUNS / "a2").exists()


def test_nothing_is_put_over_a_run(graftui: Graftui) -> None:
    graftui("rm", "-y", "a1", "a2")
    shutil.copytree(RUNS / "b1", RUNS / "a2")
    assert "There is a run a2 again" in graftui("undo", code=2)
    assert not (RUNS / "a1").exists(), "all or none"
    assert len(json.loads(graftui("trash", "ls", "--json"))) == 2


def test_what_is_no_run_stays_in_the_trash(graftui: Graftui) -> None:
    graftui("rm", "-y", "a1")
    (deletion,) = Path(".data-trash").iterdir()
    (deletion / ".DS_Store").touch()
    (deletion / "notes.txt").touch()
    (deletion / "empty").mkdir()
    (deletion / "away").symlink_to("/no/such/folder")
    (deletion / "up").symlink_to(Path.cwd())
    (deletion / "piped").mkdir()
    os.mkfifo(deletion / "piped" / "config.json")
    assert [run["id"] for run in json.loads(graftui("trash", "ls", "--json"))] == ["a1"]
    assert "1 run back: a1" in graftui("undo")
    assert not {"notes.txt", "empty", "away", "up", "piped"} & {*os.listdir(RUNS)}
    assert "Nothing is in the trash" in graftui("undo", code=2)


@pytest.mark.parametrize(("days", "more"), [("7", ["--now"]), ("0", [])])
def test_at_once(
    graftui: Graftui, monkeypatch: pytest.MonkeyPatch, days: str, more: list[str]
) -> None:
    monkeypatch.setenv("GRAFTUI_TRASH_DAYS", days)
    graftui("rm", "-y", "a1", *more)
    assert not list(RUNS.rglob("*a1/config.json"))[1:]  # that of its graft's source
    assert "nothing is in the trash" in graftui("trash", "ls")


def test_on_a_full_disk_rm_makes_room(graftui: Graftui, monkeypatch: pytest.MonkeyPatch) -> None:
    graftui("ls")
    monkeypatch.setattr(trash, "no_room", lambda folder: True)
    graftui("rm", "-y", "a1")
    assert trash.deletions(RUNS) == []
    assert not (RUNS / "a1").exists()


def test_emptying(graftui: Graftui) -> None:
    graftui("rm", "-y", "a1", "b1")
    assert "--yes" in graftui("trash", "empty", code=2)
    (named,) = (c for c in doctor.examine(knobs.load()) if c.name == "trash")
    assert "deleted runs: 2," in named.text
    graftui("trash", "empty", "-y")
    assert not list(trash.folder(RUNS).glob("*"))
    assert not list(RUNS.glob(".gone-*"))


def test_the_next_look_clears_what_is_over(
    graftui: Graftui, monkeypatch: pytest.MonkeyPatch
) -> None:
    graftui("rm", "-y", "a1")
    graftui("rm", "-y", "b1")
    old, young = (deletion.path for deletion in trash.deletions(RUNS))
    old.rename(old.with_name("2020-01-01T00-00-00.000000Z"))
    (trash.folder(RUNS) / "somebody's").mkdir()
    asked: list[Path] = []
    monkeypatch.setattr(look, "ensure", lambda settings: asked.append(settings.runs))
    here = knobs.load()
    with Store.open(here.db) as store:
        look.first_look(here, store)
        assert asked == [here.runs]
        supervise.Supervisor(here).drain()
        look.first_look(here, store)
    assert len(asked) == 1
    assert sorted(path.name for path in (trash.folder(RUNS)).iterdir()) == sorted(
        [young.name, "somebody's"]
    )


def test_what_waited_when_it_was_deleted_is_not_started(graftui: Graftui) -> None:
    graftui("ls")
    shutil.copytree(RUNS / "a1", RUNS / "w1")
    (RUNS / "w1" / "events.jsonl").unlink()
    card = json.loads((RUNS / "w1" / "run.json").read_text())
    here = knobs.load()
    card |= {"id": "w1", "registry": "another registry"}
    (RUNS / "w1" / "run.json").write_text(json.dumps(card))
    assert json.loads(graftui("show", "w1", "--json"))["status"] == "held"
    card |= {"registry": here.registry, "host": os.uname().nodename}
    (RUNS / "w1" / "run.json").write_text(json.dumps(card))
    graftui("rm", "-y", "w1")
    graftui("undo")
    assert json.loads(graftui("show", "w1", "--json"))["status"] == "held"
