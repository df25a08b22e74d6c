"""`graftui evidence`: what it would run, what it says without running, what it refuses."""

import json
from pathlib import Path

import pytest

from graftui.settings import at
from tests.cli import study
from tests.cli.workplace import typed

WHOLE = {"pretrained": 0.5, "finetuned": 0.9, "weights": 12.0, "fraction": 0.001}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a fine-tuning, and a graft of it."""
    monkeypatch.chdir(tmp_path)
    study.add(tmp_path, "aaaaaa", "finetune", study.tuned(0.9, 0.8), summary=WHOLE)
    source = "data/runs/aaaaaa/checkpoint"
    study.add(tmp_path, "bbbbbb", "graft", [], "aaaaaa", summary=WHOLE, finetuned__path=source)
    folder = at(tmp_path).run_dir("aaaaaa")
    folder.checkpoint.mkdir()
    folder.digests.write_text("{}")
    return tmp_path


def test_the_plan_says_what_it_takes_and_queues_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["evidence", "bbbbbb", "--set", "lrs=[0.1]", "--set", "seeds=1", "--dry-run"]
    said = typed(monkeypatch, asked)
    assert "place        6 runs, 0 there already" in said
    assert "1 control" in said
    assert "5 retrain" in said
    assert len(list((here / "data" / "runs").iterdir())) == 2


def test_without_running_each_line_says_that_it_was_not(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = json.loads(typed(monkeypatch, ["evidence", "bbbbbb", "--no-run", "--json"]))
    assert {line["verdict"] for line in made["lines"]} == {"not run"}
    assert len(made["lines"]) == 6
    kept = json.loads((here / "data" / "runs" / "bbbbbb" / "evidence.json").read_text())
    assert kept == made
    page = typed(monkeypatch, ["evidence", "bbbbbb", "--no-run"])
    assert page.count("refuted if") == 6


def test_what_has_no_card_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no graft" in typed(monkeypatch, ["evidence", "aaaaaa", "--no-run"])
    assert "sorts" in typed(monkeypatch, ["evidence", "bbbbbb", "--set", "sorts=1", "--dry-run"])
