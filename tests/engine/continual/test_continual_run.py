"""Continual learning on the pocket language, with few steps and rows."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from engine.analysis.transfer import measures
from engine.contract import events as ev
from engine.contract.kinds import kinds
from engine.contract.kinds.continual import ContinualConfig
from engine.contract.layout import shipped
from engine.emit import StopRequest
from engine.errors import Cancelled
from engine.graft.skill import load
from tests.engine.engine_bench import Ran, content, run_here

TASKS = ("pocket-film", "pocket-topic")


def learning(*then: str, **settings: Any) -> dict[str, Any]:
    return {
        "kind": "continual",
        "model": {"name": "pocket:masked-lm"},
        "task": {"name": "pocket-film", "k": 4, "test_rows": 24},
        "train": {"lr": 0.05, "steps": 12, "batch_size": 8, "eval_every": 4},
        "compute": {"device": "cpu", "threads": 1},
        "then": list(then),
        **settings,
    }


def evaluated(ran: Ran) -> dict[tuple[str, str, str], dict[str, float]]:
    return {
        (e.subject, e.stage, e.split): e.scores for e in ran.events if isinstance(e, ev.Evaluated)
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("continual") / "runs"


@pytest.fixture(scope="module")
def done(folder: Path) -> Ran:
    """Two tasks."""
    ran = run_here(folder / "two", learning("pocket-topic"))
    assert ran.code == 0, ran.place.events.read_text()[-900:]
    return ran


def test_of_one_task_it_is_fine_tuning_bit_for_bit(folder: Path, done: Ran) -> None:
    raw = learning()
    alone = {name: value for name, value in raw.items() if name != "then"}
    tuned = run_here(folder / "tuned", {**alone, "kind": "finetune"})
    one = run_here(folder / "one", raw)
    assert tuned.code == one.code == 0, one.place.events.read_text()[-900:]
    weights = "checkpoint/model.safetensors"
    assert content(one.place.path / weights) == content(tuned.place.path / weights)
    scores = evaluated(tuned)["model", "finetuned", "test"]
    first = evaluated(one)
    assert first["after 1", "sequential", "pocket-film"] == scores
    assert first["model", "finetuned", "pocket-film"] == scores
    # And the first task of a sequence is no other.
    assert evaluated(done)["after 1", "sequential", "pocket-film"] == scores


def test_every_task_is_scored_after_every_step_in_both_ways(done: Ran) -> None:
    scored = evaluated(done)
    result = json.loads(done.place.result.read_text())
    before = [scored["model", "pretrained", task]["accuracy"] for task in TASKS]
    assert list(result["pretrained"].values()) == before
    for arm in ("sequential", "grafts"):
        matrix = [[scored[f"after {n}", arm, task]["accuracy"] for task in TASKS] for n in (1, 2)]
        assert result[arm]["matrix"] == matrix
        known = measures(matrix, before)
        assert result[arm]["measures"] == pytest.approx(known)
        assert result["summary"][arm] == pytest.approx(known["average"])
        assert result["summary"][f"{arm}_forgetting"] == pytest.approx(known["forgetting"])
    curve = {
        (event.step, event.labels["task"]): event.values["sequential/accuracy"]
        for event in done.events
        if isinstance(event, ev.Metric) and "sequential/accuracy" in event.values
    }
    assert curve[2, "pocket-film"] == result["sequential"]["matrix"][1][0]
    assert len(curve) == 4


def test_it_is_done_with_its_last_test_and_not_before(done: Ran) -> None:
    told = [e for e in done.events if isinstance(e, ev.Progress) and e.done is not None]
    shares = [event.done for event in told if event.done is not None]
    assert shares == sorted(shares)
    assert shares[-1] == 1 > shares[-2]
    trained = {event.done for event in told if event.phase == "finetune"}
    assert len(trained) == 3 * 12, "each step of three trainings brings it on"


def test_each_graft_is_cut_against_the_pretrained_model(done: Ran) -> None:
    pretrained = load_file(shipped() / "pocket" / "masked-lm" / "model.safetensors")
    skills = [load(done.place.path / f"skill-{task}.safetensors") for task in TASKS]
    for skill in skills:
        assert skill.info.weights == round(0.01 * skill.info.maskable)
        for name, index in skill.indices.items():
            assert torch.equal(skill.base[name], pretrained[name].float().flatten()[index])
    both = load(done.place.skill())
    for name in both.indices:
        parts = [skill.indices[name] for skill in skills if name in skill.indices]
        assert torch.equal(both.indices[name], torch.cat(parts).unique())


def test_a_stopped_run_goes_on_and_is_the_same(
    folder: Path, done: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped within the third training, of which the second is the sequential one of the topic."""
    raw = learning("pocket-topic")
    asked = 0

    def check(self: StopRequest) -> None:
        nonlocal asked
        asked += (folder / "stopped" / "trained" / "2-sequential.safetensors").exists()
        if asked == 14:
            raise Cancelled("stopped by SIGTERM")

    with monkeypatch.context() as patch:
        patch.setattr(StopRequest, "check", check)
        stopped = run_here(folder / "stopped", raw)
    assert isinstance(stopped.events[-1], ev.Cancelled)
    trained = sorted(path.name for path in (stopped.place.path / "trained").iterdir())
    assert trained == ["1-sequential.safetensors", "2-sequential.safetensors"]
    state = max(stopped.place.state.glob("*.json"), key=lambda path: int(path.stem))
    assert json.loads(state.read_text())["values"]["training"] == "2-finetuned"
    again = run_here(folder / "stopped", raw)
    assert again.code == 0, again.place.events.read_text()[-900:]
    topic = "skill-pocket-topic.safetensors"
    for file in ("checkpoint/model.safetensors", "skill.safetensors", topic):
        assert content(again.place.path / file) == content(done.place.path / file)
    assert json.loads(again.place.result.read_text()) == json.loads(done.place.result.read_text())
    assert not (again.place.path / "trained").exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"then": ("no-task",)}, "continual.then"),
        ({"train": {"keep": "every"}}, "train.keep"),
        ({"task": {"type": "finetune"}}, "linear head"),
    ],
)
def test_what_cannot_be_is_told_before_it_runs(settings: dict[str, Any], words: str) -> None:
    config = ContinualConfig.model_validate(settings, strict=False)
    trouble = kinds()["continual"].check(config, ())
    assert trouble is not None
    assert words in trouble[0]


def test_a_graft_beyond_the_model_is_told_before_anything_is_learnt(folder: Path) -> None:
    ran = run_here(folder / "large", learning("pocket-topic", sparsity=10**9))
    assert "continual.sparsity" in ran.failed.message
    assert not (ran.place.path / "trained").exists()


def test_no_task_is_learnt_twice() -> None:
    with pytest.raises(ValueError, match="same task twice"):
        ContinualConfig.model_validate({"then": ["pocket-film"]}, strict=False)
