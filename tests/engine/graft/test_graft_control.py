"""Controls: a region and random ones like it, told again by other means."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForMaskedLM

from engine.graft.skill import load
from graftui.results.answers import Answers, answers_of
from tests.engine.engine_bench import Ran, grafting, run_here

DRAWS = 3


@pytest.fixture(scope="module")
def skill(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, task_folder: Path, tuned: Path
) -> Path:
    raw = grafting(model_folder, task_folder, tuned, learn=False, sparsity=0.2)
    ran = run_here(tmp_path_factory.mktemp("graft"), raw)
    assert ran.code == 0, ran.place.events.read_text()
    return ran.place.skill()


@pytest.fixture(scope="module")
def control(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, task_folder: Path, tuned: Path,
    skill: Path,
) -> Ran:  # fmt: skip
    raw: dict[str, Any] = grafting(model_folder, task_folder, tuned)
    raw = {n: v for n, v in raw.items() if n in ("model", "task", "compute", "finetuned")}
    raw |= {"kind": "control", "grafted": {"path": str(skill)}, "draws": DRAWS}
    ran = run_here(tmp_path_factory.mktemp("control"), raw)
    assert ran.code == 0, ran.place.events.read_text()
    return ran


@pytest.fixture(scope="module")
def groups(control: Ran) -> list[Answers]:
    return [group for group in answers_of(control.place.path) if group.split == "test"]


def test_each_region_is_put_in_and_taken_out(groups: list[Answers]) -> None:
    assert Counter(group.stage for group in groups) == {
        "pretrained": 1, "finetuned": 1, "region": 1, "knocked_out": 1,
        "random_region": DRAWS, "knocked_out_random": DRAWS,
    }  # fmt: skip
    draws = [g.labels["draw"] for g in groups if g.stage == "random_region"]
    assert draws == [0.0, 1.0, 2.0]


def test_a_region_scores_what_its_weights_score_put_in_by_hand(
    groups: list[Answers], model_folder: Path, tuned: Path, skill: Path, control: Ran
) -> None:
    """The file's weights, in a model that transformers loads; both ways round."""
    pre, full = (AutoModelForMaskedLM.from_pretrained(f) for f in (model_folder, tuned))
    ours, result = load(skill), json.loads(control.place.result.read_text())
    said = {g.stage: [row.prediction for row in g.rows] for g in groups if not g.labels}
    assert said["region"] != said["knocked_out"] or said["pretrained"] == said["finetuned"]
    theirs, other = dict(full.named_parameters()), dict(pre.named_parameters())
    for name, index in ours.indices.items():
        assert torch.equal(ours.values[name], theirs[name].detach().flatten()[index])
        assert torch.equal(ours.base[name], other[name].detach().flatten()[index])
    right = sum(row.prediction == row.gold for g in groups if g.stage == "region" for row in g.rows)
    assert result["summary"]["region"] == pytest.approx(right / len(groups[0].rows))
    assert result["summary"]["weights"] == ours.info.weights


def test_a_region_of_everything_is_the_fine_tuned_model_and_leaves_the_pretrained_one(
    tmp_path: Path, model_folder: Path, task_folder: Path, tuned: Path
) -> None:
    whole = grafting(model_folder, task_folder, tuned, learn=False, sparsity=1.0)
    graft = run_here(tmp_path / "graft", whole)
    raw = {n: whole[n] for n in ("model", "task", "compute", "finetuned")}
    raw |= {"kind": "control", "grafted": {"path": str(graft.place.skill())}, "draws": 1}
    ran = run_here(tmp_path / "control", raw)
    said = {g.stage: g.rows for g in answers_of(ran.place.path) if g.split == "test"}
    assert said["region"] == said["random_region"] == said["finetuned"] != said["pretrained"]
    assert said["knocked_out"] == said["knocked_out_random"] == said["pretrained"]


def test_what_is_missing_is_said(tmp_path: Path, task_folder: Path, model_folder: Path) -> None:
    raw = {
        "kind": "control",
        "model": {"name": str(model_folder)},
        "task": {"name": "SST-2", "data": str(task_folder), "k": 4},
    }
    assert "finetuned.path" in run_here(tmp_path / "none", raw).failed.message
