"""A few steps with a real model on real data."""

import json
from pathlib import Path

import pytest

from engine.graft.skill import load
from tests.engine.engine_bench import run_here

pytestmark = pytest.mark.shared


def test_a_real_bert_learns_real_reviews(shared: Path, tmp_path: Path) -> None:
    task = {"name": "SST-2", "data": str(shared / "data/lm-bff/k-shot"), "k": 16, "test_rows": 100}
    common = {
        "model": {"name": str(shared / "models/bert-tiny-mlm")},
        "task": task,
        "compute": {"device": "cpu", "threads": 1},
    }
    train = {"lr": 0.01, "steps": 20, "batch_size": 8, "eval_every": 10}
    first = run_here(tmp_path / "finetune", {"kind": "finetune", **common, "train": train})
    assert first.code == 0, first.place.events.read_text()
    tuned = json.loads(first.place.result.read_text())

    link = {"path": str(first.place.checkpoint)}
    graft = {"kind": "graft", "finetuned": link, "sparsity": 1e-3, "steps": 2, **common}
    second = run_here(tmp_path / "graft", graft)
    assert second.code == 0, second.place.events.read_text()
    found = json.loads(second.place.result.read_text())
    for stage in ("pretrained", "finetuned"):
        assert found[stage] == tuned[stage], "both runs see the same models"
    skill = load(second.place.skill())
    assert skill.info.maskable == 2 * (4 * (128 * 128 + 128) + 2 * 128 * 512 + 640 + 4 * 128)
    assert skill.info.weights == found["summary"]["weights"] > 0
