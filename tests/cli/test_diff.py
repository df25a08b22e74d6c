"""`graftui diff`, and what `show` tells of code and machine: of old runs, and as typed."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.cli.workplace import Workplace, typed

GOLDEN = Path(__file__).parents[1] / "golden" / "home"
A, B = "8vr7ar", "2y6pac"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A folder of runs that an earlier graftui made, and no registry."""
    path = tmp_path_factory.mktemp("home") / "study"
    shutil.copytree(GOLDEN / "data", path / "data")
    return Workplace(path, {**os.environ, "COLUMNS": "160"})


def test_old_runs_are_shown_with_what_they_have(home: Workplace) -> None:
    text = home.run("show", A)
    assert "not recorded" in text
    (noted,) = home.json("show", A)["provenance"]
    assert noted["attempt"] == 1
    assert noted["packages"]["torch"]
    assert noted["hardware"] == {"host": "box", "device": "CPU"}
    assert "code" not in noted


def test_old_runs_are_explained_by_what_they_have(home: Workplace) -> None:
    text = home.run("diff", A, B)
    assert "They differ in settings and inputs." in text
    assert "finetuned: model.name" in text
    assert f"not recorded of {A}: code" in text
    whole = home.json("diff", A, B)
    assert whole["differ"] is True
    settings = {d["what"]: d["values"] for d in whole["groups"]["settings"]}
    assert settings["model.name"] == ["pocket:masked-lm", "pocket:causal-lm"]
    assert whole["groups"]["code"] == []
    assert "code" in whole["not_recorded"][B]
    changed = {score["name"]: score["values"] for score in whole["scores"]}
    assert len(changed) <= whole["scores_compared"]
    assert all(ours != theirs for ours, theirs in changed.values())


def test_a_folder_that_moved_still_has_it(home: Workplace, tmp_path: Path) -> None:
    moved = Workplace(tmp_path / "elsewhere", home.env)
    shutil.copytree(GOLDEN / "data", moved.path / "data")
    noted = {"v": 1, "code": {"engine": "e" * 32, "graftui.commit": "c" * 40}}
    for id in (A, "m3tx2r"):
        folder = moved.path / "data" / "runs" / id / "attempts"
        folder.mkdir()
        card = json.loads((folder.parent / "run.json").read_text())
        start = {"n": 1, **{key: card.get(key) for key in ("host", "pid", "pid_ticks")}}
        (folder / "1.json").write_text(json.dumps({**start, "pid": 7}))
        (folder / "1.provenance.json").write_text(json.dumps(noted))
    assert "graftui cccccccccc" in moved.run("show", A)
    whole = moved.json("diff", A, "m3tx2r")
    assert whole["groups"]["code"] == []
    assert "code" not in whole["not_recorded"].get(A, [])


def test_one_run_is_not_two(home: Workplace) -> None:
    assert "are the same run" in home.run("diff", A, A, code=2)
    assert "There is no run" in home.run("diff", A, "nothing", code=2)


def test_hostile_notes_are_printed_as_text(
    home: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(GOLDEN / "data", tmp_path / "data")
    evil = "\x1b]0;x\x07[/bold] [red]\u202e :smile:\n" + "long " * 500
    for id, facts in ((A, {"folder.note": evil}), (B, {"folder.note": "", "engine": evil})):
        folder = tmp_path / "data" / "runs" / id / "attempts"
        folder.mkdir()
        (folder / "1.json").write_text(json.dumps({"n": 1, "pid": 7, "host": evil[:40]}))
        noted = {"code": facts, "hardware": {"host": f"{id} {evil}"}, "packages": {evil: evil}}
        (folder / "1.provenance.json").write_text(json.dumps(noted))
    monkeypatch.chdir(tmp_path)
    for command in (["show", A], ["diff", A, B], ["diff", A, B, "--json"], ["show", B, "--json"]):
        for encoding in ("utf-8", "ascii"):
            text = typed(monkeypatch, command, encoding)
            assert "\x1b" not in text
            assert "\u202e" not in text
            assert "[/bold]" in text
