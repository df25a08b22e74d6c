"""Whole graft runs: what result.json says, told again by other means."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional as F
from transformers import AutoModelForMaskedLM

from engine.contract import config as configs
from engine.contract import events as ev
from engine.contract.kinds.graft import GraftConfig
from engine.contract.layout import RunDir
from engine.emit import Emitter
from engine.errors import Cancelled
from engine.graft.skill import load
from engine.kinds.graft import run
from tests.engine.engine_bench import (
    NeverStop,
    Ran,
    content,
    exit_code,
    grafting,
    prepare,
    rows,
    run_here,
    write_model,
)
from tests.engine.engine_tokens import plain_tokenizer


@pytest.fixture(scope="module")
def grafted(
    tmp_path_factory: pytest.TempPathFactory,
    model_folder: Path,
    task_folder: Path,
    tuned: Path,
    fork: Callable[[RunDir], int],
) -> Ran:
    """A graft in a process of its own, forked from a warm engine as graftui does it."""
    raw = grafting(model_folder, task_folder, tuned, steps=8, lr=1e7)
    place = prepare(tmp_path_factory.mktemp("graft"), raw)
    return Ran(place, exit_code(fork(place)))


def test_a_forked_graft_has_the_same_bits(
    grafted: Ran, model_folder: Path, task_folder: Path, tuned: Path, tmp_path: Path
) -> None:
    here = run_here(tmp_path, grafting(model_folder, task_folder, tuned, steps=8, lr=1e7))
    assert content(grafted.place.skill()) == content(here.place.skill())
    assert grafted.without_times() == here.without_times()


@pytest.fixture(scope="module")
def result(grafted: Ran) -> dict[str, Any]:
    assert grafted.code == 0, grafted.place.events.read_text()
    found = json.loads(grafted.place.result.read_text())
    assert isinstance(found, dict)
    return found


@contextmanager
def by_hand(model: Any, skill: Path | None = None) -> Iterator[Any]:
    """`model` with a skill file's values set one by one."""
    if skill:
        found, weights = load(skill), dict(model.named_parameters())
        with torch.no_grad():
            for name, indices in found.indices.items():
                for at, value in zip(indices.tolist(), found.values[name], strict=True):
                    weights[name].data.view(-1)[at] = value
    with torch.no_grad():
        yield model.eval()


def answers(folder: Path, skill: Path | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Label logits and labels of the test rows, with nothing of the engine but the file."""
    tokenizer = plain_tokenizer()
    logits, labels = [], []
    lm = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32)
    words = tokenizer.convert_tokens_to_ids(["terrible", "great"])
    with by_hand(lm, skill) as model:
        for line in rows(24, 3):
            text, label = line.split("\t")
            prompt = f"<s>{text} It was<mask>.</s>"
            ids = torch.tensor([tokenizer.encode(prompt, add_special_tokens=False)])
            at = int((ids[0] == tokenizer.mask_token_id).nonzero())
            logits.append(model(input_ids=ids).logits[0, at, words])
            labels.append(int(label))
    return torch.stack(logits), torch.tensor(labels)


def check(found: dict[str, float], logits: torch.Tensor, labels: torch.Tensor) -> None:
    accuracy = (logits.argmax(1) == labels).double().mean().item()
    assert found["accuracy"] == pytest.approx(accuracy)
    assert found["loss"] == pytest.approx(F.cross_entropy(logits, labels).item(), abs=1e-5)


def test_the_result_is_that_of_the_skill_file(
    result: dict[str, Any], grafted: Ran, model_folder: Path, tuned: Path
) -> None:
    whole, labels = answers(tuned)
    check(result["pretrained"]["test"], *answers(model_folder))
    check(result["finetuned"]["test"], whole, labels)
    (graft,) = result["grafts"]
    logits, _ = answers(model_folder, grafted.place.path / graft["skill"])
    learnt = graft["learnt_graft"]["test"]
    check(learnt, logits, labels)
    same = (logits.argmax(1) == whole.argmax(1)).double().mean().item()
    assert learnt["agreement"] == pytest.approx(same)
    assert learnt["recovery"] == pytest.approx(
        learnt["accuracy"] / result["finetuned"]["test"]["accuracy"]
    )
    assert result["summary"]["learnt_graft"] == learnt["accuracy"]


def test_a_graft_carries_what_was_learnt(result: dict[str, Any]) -> None:
    """The story in small: chance before, good after, and most of it in a part of the weights."""
    (graft,) = result["grafts"]
    assert result["pretrained"]["test"]["accuracy"] < 0.65
    assert result["finetuned"]["test"]["accuracy"] > 0.75
    assert graft["learnt_graft"]["test"]["recovery"] > 0.9
    assert graft["learnt_graft"]["test"]["fraction"] < 0.3
    assert graft["base_patch"]["test"]["recovery"] < graft["learnt_graft"]["test"]["recovery"]


def test_the_size_of_a_graft_is_that_of_its_file(result: dict[str, Any], grafted: Ran) -> None:
    (graft,) = result["grafts"]
    skill = load(grafted.place.skill())
    learnt, patch = graft["learnt_graft"]["test"], graft["base_patch"]["test"]
    size = sum(map(len, skill.indices.values()))
    assert learnt["weights"] == size == skill.info.weights
    assert learnt["fraction"] == pytest.approx(size / skill.info.maskable)
    assert patch["weights"] == round(0.05 * skill.info.maskable)
    assert size == patch["weights"] + learnt["added"] - learnt["dropped"]


def test_the_base_patch_is_the_top_of_the_movement(
    tmp_path: Path, model_folder: Path, task_folder: Path, tuned: Path
) -> None:
    ran = run_here(tmp_path, grafting(model_folder, task_folder, tuned, sparsity=40, learn=False))
    assert ran.code == 0, ran.place.events.read_text()
    (graft,) = json.loads(ran.place.result.read_text())["grafts"]
    check(graft["base_patch"]["test"], *answers(model_folder, ran.place.skill()))
    fetch = AutoModelForMaskedLM.from_pretrained
    before, after = (
        dict(fetch(f, dtype=torch.float32).named_parameters()) for f in (model_folder, tuned)
    )
    moves = [
        (abs(new - old), name, at)
        for name in before
        for at, (old, new) in enumerate(
            zip(before[name].flatten().tolist(), after[name].flatten().tolist(), strict=True)
        )
    ]
    largest = sorted(moves, key=lambda move: -move[0])[:40]
    skill = load(ran.place.skill())
    found = {(n, at) for n, index in skill.indices.items() for at in index.tolist()}
    assert found == {(name, at) for _, name, at in largest}
    for name, index in skill.indices.items():
        assert torch.equal(skill.values[name], after[name].detach().flatten()[index])


def test_the_events_tell_the_same_as_the_result(result: dict[str, Any], grafted: Ran) -> None:
    evaluated = [e for e in grafted.events if isinstance(e, ev.Evaluated)]
    told = {e.stage: e for e in evaluated if e.split == "test"}
    (graft,) = result["grafts"]
    assert told[ev.Stage.pretrained].scores == result["pretrained"]["test"]
    assert told[ev.Stage.finetuned].scores == result["finetuned"]["test"]
    assert told[ev.Stage.base_patch].scores == graft["base_patch"]["test"]
    assert told[ev.Stage.learnt_graft].scores == graft["learnt_graft"]["test"]
    assert told[ev.Stage.learnt_graft].sparsity == graft["sparsity"] == 0.05
    last = grafted.events[-1]
    assert isinstance(last, ev.Finished)
    assert last.summary == result["summary"]
    assert [e.seq for e in grafted.events] == list(range(len(grafted.events)))


def test_a_curve_has_a_skill_file_for_each_sparsity(
    tmp_path: Path, model_folder: Path, task_folder: Path, tuned: Path
) -> None:
    raw = grafting(model_folder, task_folder, tuned, sparsities=[0.01, 0.1, 7], steps=2)
    ran = run_here(tmp_path, raw)
    assert ran.code == 0, ran.place.events.read_text()
    found = json.loads(ran.place.result.read_text())
    assert [g["sparsity"] for g in found["grafts"]] == [0.01, 0.1, 7]
    for graft in found["grafts"]:
        skill = load(tmp_path / graft["skill"])
        assert skill.info.sparsity == graft["sparsity"]
        assert skill.info.weights == graft["learnt_graft"]["test"]["weights"]
        logits, labels = answers(model_folder, tmp_path / graft["skill"])
        check(graft["learnt_graft"]["test"], logits, labels)
    sizes = [g["base_patch"]["test"]["weights"] for g in found["grafts"]]
    maskable = skill.info.maskable
    assert sizes == [round(0.01 * maskable), round(0.1 * maskable), 7]
    assert len(list(tmp_path.glob("skill*.safetensors"))) == 3


def test_all_weights_make_the_fine_tuned_model(
    tmp_path: Path, model_folder: Path, task_folder: Path, tuned: Path
) -> None:
    ran = run_here(tmp_path, grafting(model_folder, task_folder, tuned, sparsity=1.0, learn=False))
    found = json.loads(ran.place.result.read_text())
    (graft,) = found["grafts"]
    assert graft["learnt_graft"] == {}
    assert graft["base_patch"]["test"]["agreement"] == 1.0
    assert graft["base_patch"]["test"]["loss"] == found["finetuned"]["test"]["loss"]


def test_stopped_in_the_middle_the_best_so_far_is_written(
    tmp_path: Path, model_folder: Path, task_folder: Path, tuned: Path
) -> None:
    place = prepare(tmp_path, grafting(model_folder, task_folder, tuned, steps=50))
    config, stop = configs.loads(place.config.read_bytes()), NeverStop()
    assert isinstance(config, GraftConfig)

    class StopsAtThree(Emitter):
        def progress(self, phase: str, step: int, total: int) -> None:
            super().progress(phase, step, total)
            if (phase, step) == ("graft", 3):
                stop.ask()

    with pytest.raises(Cancelled, match="SIGTERM"):
        run(config, place, StopsAtThree(place.events), stop)
    assert load(place.skill()).info.weights > 0
    assert not place.result.exists()


@pytest.mark.parametrize("missing", ["", "nowhere"])
def test_no_fine_tuned_model(
    tmp_path: Path, model_folder: Path, task_folder: Path, missing: str
) -> None:
    checkpoint = tmp_path / missing if missing else Path()
    raw = grafting(model_folder, task_folder, checkpoint)
    raw["finetuned"]["path"] = str(checkpoint) if missing else ""
    failed = run_here(tmp_path / "run", raw).failed
    assert failed.reason == "config"
    assert (missing or "finetuned.path") in failed.message


def test_a_checkpoint_of_another_model_is_named(
    tmp_path: Path, model_folder: Path, task_folder: Path
) -> None:
    other = write_model(tmp_path / "other", intermediate_size=48)
    failed = run_here(tmp_path / "run", grafting(model_folder, task_folder, other)).failed
    assert failed.reason == "config"
    assert f"{other} is not a fine-tuned {model_folder}" in failed.message
