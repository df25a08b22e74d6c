"""A score that is not finite: written and said, and the run goes on to its end."""

import json
import math
from pathlib import Path

import pytest
import torch

import engine.evaluate
from engine.contract import events as ev
from engine.tasks.metrics import scores
from graftui.registry.rows import numbers, numbers_of
from tests.engine.engine_bench import finetuning, grafting, run_here

RULED_OUT = {"optimizer": "sgd", "lr": 1e-3, "steps": 1, "eval_every": 1}


def of_one_ruled_out(metric: str, logits: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    """As where the right answer of a row has a probability of zero."""
    return {**scores(metric, logits, labels), "loss": math.inf}


@pytest.mark.parametrize("kind", ["finetune", "graft"])
def test_an_infinite_loss_is_written_and_said(
    kind: str, tmp_path: Path, tuned: Path, task_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.evaluate, "scores", of_one_ruled_out)
    raw = finetuning(tuned, task_folder, **RULED_OUT)
    if kind == "graft":
        raw = grafting(tuned, task_folder, tuned, learn=False)
    ran = run_here(tmp_path / "runs" / "ruled-out", raw)
    assert ran.code == 0, ran.place.events.read_text()
    said = [e.message for e in ran.events if isinstance(e, ev.Log) and e.level == "warning"]
    assert any("loss is inf" in message for message in said)
    told = [e for e in ran.events if isinstance(e, ev.Evaluated) and e.split == "test"]
    assert {e.scores["loss"] for e in told} == {math.inf}
    text = ran.place.result.read_text()
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert '"loss": "inf"' in text


def test_the_registry_keeps_what_it_was() -> None:
    kept = {"a": math.inf, "b": -math.inf, "c": 0.5}
    assert numbers_of(numbers(kept)) == kept
    assert math.isnan(numbers_of(numbers({"a": math.nan}))["a"])
