"""`graftui evidence`: what it would run, what it says without running, what it refuses."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from engine.contract import events as ev
from engine.contract.config import dumps
from engine.contract.layout import RunDir
from graftui.models import RunCard
from graftui.planning.evidence.planning import for_run
from graftui.planning.reuse import look
from graftui.registry.card import write_card
from graftui.registry.store import Store
from graftui.results.answers import Answers
from graftui.scheduler.submit import Plan
from graftui.settings import at
from tests.cli import study
from tests.cli.workplace import typed
from tests.results.evidence.test_card import control

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
    refused = typed(monkeypatch, ["evidence", "aaaaaa", "--no-run"])
    assert "aaaaaa (finetune) is no graft" in refused
    assert "parent=aaaaaa" in refused
    refused = typed(monkeypatch, ["evidence", "bbbbbb", "--set", "sorts=1", "--dry-run"])
    assert "sorts = 1: there is no such setting" in refused
    assert "recover" in refused


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a graft of a model that is not here, and its region put in and taken out."""
    monkeypatch.chdir(tmp_path)
    study.add(tmp_path, "aaaaaa", "finetune", [], summary=WHOLE, model__name="./gone")
    study.add(tmp_path, "bbbbbb", "graft", [], "aaaaaa", summary=WHOLE, model__name="./gone",
              finetuned__path="data/runs/aaaaaa/checkpoint")  # fmt: skip
    settings = at(tmp_path)
    for id in ("aaaaaa", "bbbbbb"):
        settings.run_dir(id).digests.write_text('{"gone/config.json": "0123"}')
    look(settings)
    with Store.open(settings.db) as store:
        planned = for_run(store.resolve("bbbbbb"), [], settings, to_run=False)
    (exchange,) = (plan for plan in planned.plans if plan.kind == "control")
    answered = control(
        region=[0.93], finetuned=[0.95], knocked_out=[0.94], random_region=[0.5, 0.52, 0.49],
        knocked_out_random=[0.95, 0.94, 0.95],
    )  # fmt: skip
    finished(settings.run_dir("cccccc"), exchange, answered.groups)
    return tmp_path


def finished(folder: RunDir, plan: Plan, groups: Iterable[Answers]) -> None:
    """A run of `plan` that answered this, as an engine leaves it."""
    folder.path.mkdir()
    folder.config.write_text(dumps(plan.config))
    folder.digests.write_text('{"gone/config.json": "0123"}')
    folder.events.write_bytes(ev.dumps(ev.Finished(t=1.8e9, seconds=1, summary={})))
    lines = []
    for group in groups:
        head = {"v": 1, "task": group.task, "subject": group.subject, "stage": group.stage,
                "split": group.split, "labels": group.labels, "classes": group.classes,
                "rows": len(group.rows)}  # fmt: skip
        lines += [json.dumps(head), *map(json.dumps, group.rows)]
    file = folder.path / "answers.jsonl.gz"
    file.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode()))
    write_card(folder, RunCard(id=folder.path.name, name="control", created_at=1.8e9))


def test_what_is_there_is_told_without_its_model(
    away: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of runs that were pulled from where the model is."""
    made = json.loads(typed(monkeypatch, ["evidence", "bbbbbb", "--no-run", "--json"]))
    told = {line["title"]: line["verdict"] for line in made["lines"]}
    assert (told.pop("sufficiency"), told.pop("necessity")) == (
        "holds",
        "not told apart from random",
    )
    assert set(told.values()) == {"not run"}
    assert "no such folder" in typed(monkeypatch, ["evidence", "bbbbbb", "--dry-run"])


def test_a_file_that_cannot_be_read_costs_the_lines_that_are_of_it(
    away: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = at(away).run_dir("cccccc").path / "answers.jsonl.gz"
    file.write_bytes(file.read_bytes()[:200])
    made = json.loads(typed(monkeypatch, ["evidence", "bbbbbb", "--no-run", "--json"]))
    why = {line["title"]: line["because"] for line in made["lines"]}
    assert len(why) == 6
    for title in ("sufficiency", "necessity"):
        assert f"The answers in {file} cannot be read" in why[title]
    assert "cannot be read" not in why["place"] + why["size"]
    verdicts = [line["verdict"] for line in made["lines"]]
    assert verdicts == ["not known"] * 2 + ["not run"] * 4
