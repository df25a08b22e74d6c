"""A fine-tuning that trained nothing, and what the pretrained score of a linear head means."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from engine.contract import events as ev
from tests.engine.engine_bench import Ran, finetuning, grafting, run_here
from tests.engine.test_engine_resume import stop_after

WRECKING = {"optimizer": "adamw", "lr": 0.5, "steps": 4, "eval_every": 2, "clip": 0}
"""From a model that knows the task already, every step leads away."""


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def result(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.place.events.read_text()
    found: dict[str, Any] = json.loads(ran.place.result.read_text())
    return found


def warnings(ran: Ran) -> list[str]:
    return [e.message for e in ran.events if isinstance(e, ev.Log) and e.level == "warning"]


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory, tuned: Path, task_folder: Path) -> Ran:
    raw = finetuning(tuned, task_folder, **WRECKING)
    return run_here(tmp_path_factory.mktemp("runs") / "untrained", raw)


def test_a_fine_tuning_that_keeps_step_0_says_so(untrained: Ran, tuned: Path) -> None:
    summary = result(untrained)["summary"]
    assert summary["best_step"] == 0
    old, kept = weights(tuned), weights(untrained.place.checkpoint)
    assert all(torch.equal(old[name], kept[name]) for name in old), "the pretrained model itself"
    (said,) = warnings(untrained)
    assert "step 0" in said
    assert f"{summary['dev']:.4f}" in said
    assert "train.keep_untrained=false" in said


def test_one_that_is_stopped_on_its_way_does_not(
    tmp_path: Path, tuned: Path, task_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be gone on with, and has not been scored since step 0."""
    stop_after(monkeypatch, 2)
    ran = run_here(tmp_path / "runs" / "stopped", finetuning(tuned, task_folder, **WRECKING))
    assert isinstance(ran.events[-1], ev.Cancelled)
    assert warnings(ran) == []
    assert weights(ran.place.checkpoint), "what is best so far is there"


def test_trained_steps_alone_are_one_setting_away(
    tmp_path: Path, untrained: Ran, tuned: Path, task_folder: Path
) -> None:
    raw = finetuning(tuned, task_folder, keep_untrained=False, **WRECKING)
    ran = run_here(tmp_path / "runs" / "trained", raw)
    dev = {
        e.step: e.values["dev/accuracy"]
        for e in ran.events
        if isinstance(e, ev.Metric) and "dev/accuracy" in e.values
    }
    assert dev[0] > max(dev[2], dev[4]), "step 0 is best, or this shows nothing"
    best = max((2, 4), key=lambda step: (dev[step], step))
    summary = result(ran)["summary"]
    assert (summary["best_step"], summary["dev"]) == (best, dev[best])
    assert warnings(ran) == []
    kept, start = weights(ran.place.checkpoint), weights(untrained.place.checkpoint)
    assert any(not torch.equal(kept[name], start[name]) for name in start)


def test_a_graft_of_the_pretrained_model_itself_recovers_nothing_defined(
    tmp_path: Path, untrained: Ran, tuned: Path, task_folder: Path
) -> None:
    raw = grafting(tuned, task_folder, untrained.place.checkpoint, necessity=True)
    ran = run_here(tmp_path / "runs" / "graft", raw)
    found = result(ran)
    (graft,) = found["grafts"]
    for scores in (graft["base_patch"], graft["learnt_graft"], *graft["without"].values()):
        assert scores["test"]["recovery"] is None
        assert "gain_recovery" not in scores["test"]
        assert scores["test"]["agreement"] == 1.0
    assert found["summary"]["recovery"] is None
    told = [e for e in ran.events if isinstance(e, ev.Evaluated) and "recovery" in e.scores]
    assert told
    assert all(math.isnan(e.scores["recovery"]) for e in told)
    (said,) = warnings(ran)
    assert "is the pretrained one" in said
    assert "recovery is undefined" in said


def test_a_retraining_beside_it_recovers_nothing_defined(
    tmp_path: Path, untrained: Ran, tuned: Path, task_folder: Path
) -> None:
    raw = finetuning(tuned, task_folder, steps=1, eval_every=1)
    more = {"finetuned": {"path": str(untrained.place.checkpoint)}, "region": {"source": "biases"}}
    ran = run_here(tmp_path / "runs" / "retrain", {**raw, "kind": "retrain", **more})
    assert result(ran)["summary"]["recovery"] is None


def test_nothing_can_be_found_that_recovers_it(
    tmp_path: Path, untrained: Ran, tuned: Path, task_folder: Path
) -> None:
    raw = grafting(tuned, task_folder, untrained.place.checkpoint, recover=0.9, learn=False)
    failed = run_here(tmp_path / "runs" / "graft", raw).failed
    assert "graft.recover" in failed.message
    assert "pretrained" in failed.message


def test_movement_that_is_frozen_here_is_told(
    tmp_path: Path, model_folder: Path, task_folder: Path
) -> None:
    raw = finetuning(model_folder, task_folder, keep="last")
    raw["freeze"] = {"layers": 1}
    ran = run_here(tmp_path / "runs" / "tuned", raw)
    cut = grafting(model_folder, task_folder, ran.place.checkpoint, learn=False)
    cut["freeze"] = {"layers": 2, "head": False}
    grafted = run_here(tmp_path / "runs" / "graft", cut)
    (said,) = warnings(grafted)
    assert "none of the maskable weights moved" in said
    assert "freeze" in said
    (graft,) = result(grafted)["grafts"]
    assert graft["base_patch"]["test"]["recovery"] is not None, "the two models do differ"


def test_a_trained_run_warns_of_nothing(
    tmp_path: Path, model_folder: Path, task_folder: Path, tuned: Path
) -> None:
    raw = grafting(model_folder, task_folder, tuned, learn=False)
    ran = run_here(tmp_path / "runs" / "graft", raw)
    assert warnings(ran) == []
    assert result(ran)["summary"]["recovery"] > 0


@pytest.mark.parametrize("lr", [0.01, 0.5])
def test_a_linear_heads_pretrained_score_is_under_the_trained_head(
    tmp_path: Path, model_folder: Path, task_folder: Path, lr: float
) -> None:
    """The same in the fine-tuning and in the graft cut from it, and what no weights at all give."""
    raw = finetuning(model_folder, task_folder, lr=lr, steps=20)
    raw["task"] |= {"type": "finetune"}
    ran = run_here(tmp_path / "runs" / "tuned", raw)
    cut = grafting(model_folder, task_folder, ran.place.checkpoint, learn=False)
    cut["task"] = raw["task"]
    grafted = run_here(tmp_path / "runs" / "graft", cut)
    assert result(ran)["pretrained"] == result(grafted)["pretrained"]
    assert result(ran)["finetuned"] == result(grafted)["finetuned"]
    stages = [e.stage for e in ran.events if isinstance(e, ev.Evaluated) and e.split == "test"]
    assert stages == ["pretrained", "finetuned"]
