"""Whole runs with each option of fine-tuning and grafting, and what it must change."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM

from engine.contract import events as ev
from engine.contract.catalog import tasks
from engine.contract.sections import TaskConfig
from engine.errors import ConfigError
from engine.graft.apply import installed
from engine.graft.sets import subtract
from engine.graft.skill import load, write
from tests.engine.engine_bench import (
    Ran,
    finetuning,
    grafting,
    load_task,
    rows,
    run_here,
    write_model,
)
from tests.engine.engine_tokens import plain_tokenizer

Raw = dict[str, Any]


def done(folder: Path, raw: Raw) -> Ran:
    ran = run_here(folder / "runs" / "one", raw)
    assert ran.code == 0, ran.place.events.read_text()
    return ran


def result(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.place.result.read_text())
    return found


def weights(folder: Path) -> dict[str, torch.Tensor]:
    lm = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32)
    return {name: p.detach() for name, p in lm.named_parameters()}


def moved(before: Path, after: Path) -> set[str]:
    old, new = weights(before), weights(after)
    return {name for name in old if not torch.equal(old[name], new[name])}


@pytest.fixture
def raw(model_folder: Path, task_folder: Path) -> Raw:
    return finetuning(model_folder, task_folder)


def test_bitfit_moves_biases_alone(tmp_path: Path, raw: Raw, model_folder: Path) -> None:
    raw["freeze"] = {"all_but_biases": True}
    changed = moved(model_folder, done(tmp_path, raw).place.checkpoint)
    assert changed
    assert {name.rpartition(".")[2] for name in changed} == {"bias"}
    assert {name for name in changed if ".layer." not in name} == set()


def test_what_may_not_be_meant_is_in_the_log(tmp_path: Path, raw: Raw) -> None:
    """Eight rows; the task's own words are terrible and great."""
    raw["train"] |= {"batch_size": 64, "steps": 1}
    raw["task"]["label_words"] = {"0": "bad"}
    logs = [e.message for e in done(tmp_path, raw).events if isinstance(e, ev.Log)]
    assert any("train.batch_size = 64 is above the 8 training rows" in text for text in logs)
    assert any("other labels: 1 = 'great'" in text for text in logs)
    assert any("label words bad / great" in text for text in logs)


def test_the_penalty_keeps_weights_at_home(tmp_path: Path, raw: Raw, model_folder: Path) -> None:
    raw["train"] |= {"optimizer": "sgd", "lr": 0.05, "clip": 0, "keep": "last"}
    distances = []
    for name, l1 in (("without", 0.0), ("with", 0.01)):
        raw["train"]["l1"] = l1
        after = weights(done(tmp_path / name, raw).place.checkpoint)
        before = weights(model_folder)
        distances.append(sum((after[n] - before[n]).abs().sum().item() for n in before))
    assert distances[1] < 0.9 * distances[0]


def test_best_last_and_every_checkpoint(tmp_path: Path, raw: Raw) -> None:
    raw["train"] |= {"keep": "every"}
    ran = done(tmp_path / "every", raw)
    dev = {
        e.step: e.values["dev/accuracy"]
        for e in ran.events
        if isinstance(e, ev.Metric) and "dev/accuracy" in e.values
    }
    kept = {f"checkpoint-{step}" for step in dev if step}
    assert {p.name for p in ran.place.path.glob("checkpoint-*")} == kept == {
        "checkpoint-4", "checkpoint-8", "checkpoint-12",
    }  # fmt: skip
    best = int(result(ran)["summary"]["best_step"])
    if best:
        assert not moved(ran.place.checkpoint, ran.place.path / f"checkpoint-{best}")
    raw["train"] |= {"keep": "last"}
    last = done(tmp_path / "last", raw)
    assert not moved(last.place.checkpoint, ran.place.path / "checkpoint-12")
    assert result(last)["summary"]["best_step"] == 12
    assert result(last)["summary"]["dev"] == dev[12]


def test_saved_logits_make_the_scores(tmp_path: Path, raw: Raw) -> None:
    raw["compute"] |= {"save_logits": True}
    ran = done(tmp_path, raw)
    tensors = load_file(ran.place.logits)
    for stage in ("pretrained", "finetuned"):
        right = tensors[f"test.{stage}"].argmax(1) == tensors["test.labels"]
        assert right.double().mean().item() == result(ran)[stage]["test"]["accuracy"]


COLUMNS = {"MNLI": 12, "STS-B": 10, "MRPC": 5}


def write_pairs(root: Path, name: str, k: int, labels: list[str]) -> None:
    """A k-shot folder of a pair task, with every test set that it has."""
    spec, texts = tasks()[name], [line.split("\t")[0] for line in rows(24, 5)]
    folder = root / name / f"{k}-13"
    folder.mkdir(parents=True)
    for stem in ("train", spec.dev, *spec.tests.values()):
        lines = ["\t".join(f"column{i}" for i in range(COLUMNS[name]))]
        for at in range(2 * len(labels)):
            cells = ["-"] * COLUMNS[name]
            for column, text in zip(spec.text, (texts[at], texts[-at - 1]), strict=True):
                cells[int(column)] = text
            cells[int(spec.label)] = labels[at % len(labels)]
            lines.append("\t".join(cells))
        (folder / f"{stem}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_two_test_sets_in_fine_tuning_and_graft(
    tmp_path: Path, raw: Raw, model_folder: Path
) -> None:
    write_pairs(tmp_path, "MNLI", 2, ["contradiction", "entailment", "neutral"])
    raw["task"] = {"name": "MNLI", "data": str(tmp_path), "k": 2}
    ran = done(tmp_path / "tuned", raw)
    assert list(result(ran)["finetuned"]) == ["test", "test_mismatched"]
    cut = grafting(model_folder, tmp_path, ran.place.checkpoint, steps=2)
    cut["task"] = raw["task"]
    grafted = done(tmp_path / "graft", cut)
    (graft,) = result(grafted)["grafts"]
    for stage in ("base_patch", "learnt_graft"):
        assert list(graft[stage]) == ["test", "test_mismatched"]
    told = {(e.stage, e.split) for e in grafted.events if isinstance(e, ev.Evaluated)}
    assert ("learnt_graft", "test_mismatched") in told
    assert ("learnt_graft", "dev") in told


def test_scores_are_learnt_between_two_words(tmp_path: Path, raw: Raw, model_folder: Path) -> None:
    write_pairs(tmp_path, "STS-B", 2, ["0.0", "5.0", "1.25", "3.8"])
    raw["task"] = {"name": "STS-B", "data": str(tmp_path), "k": 2}
    raw["train"] |= {"steps": 40, "keep": "last"}
    raw["compute"] |= {"save_logits": True}
    ran = done(tmp_path / "tuned", raw)
    found, before = (result(ran)[stage]["test"] for stage in ("finetuned", "pretrained"))
    assert {"pearson", "spearman", "loss"} == set(found)
    assert found["loss"] < before["loss"], "the test rows are those of training"
    labels = load_file(ran.place.logits)["test.labels"]
    assert labels.tolist() == pytest.approx([0, 1, 0.25, 0.76] * 2)
    cut = grafting(model_folder, tmp_path, ran.place.checkpoint, sparsity=1.0, learn=False)
    cut["task"] = raw["task"]
    grafted = done(tmp_path / "graft", cut)
    (graft,) = result(grafted)["grafts"]
    assert graft["base_patch"]["test"]["pearson"] == found["pearson"]
    assert result(grafted)["summary"]["base_patch"] == found["pearson"]


def test_f1_selects_where_the_task_says_so(tmp_path: Path, raw: Raw) -> None:
    write_pairs(tmp_path, "MRPC", 2, ["0", "1"])
    raw["task"] = {"name": "MRPC", "data": str(tmp_path), "k": 2}
    ran = done(tmp_path / "tuned", raw)
    assert list(result(ran)["finetuned"]["test"])[:2] == ["f1", "accuracy"]
    dev = [e.values for e in ran.events if isinstance(e, ev.Metric) and "dev/f1" in e.values]
    assert result(ran)["summary"]["dev"] == max(values["dev/f1"] for values in dev)


@pytest.mark.parametrize("head", ["cls", "mask", "mean"])
def test_a_linear_head_is_kept_beside_the_checkpoint_and_in_the_skill(
    tmp_path: Path, raw: Raw, model_folder: Path, task_folder: Path, head: str
) -> None:
    raw["task"] |= {"type": "finetune", "head": head}
    raw["train"] |= {"steps": 40}
    ran = done(tmp_path / "tuned", raw)
    tuned = result(ran)["finetuned"]["test"]
    assert tuned["accuracy"] > 0.6
    cut = grafting(model_folder, task_folder, ran.place.checkpoint, sparsity=1.0, learn=False)
    cut["task"] = raw["task"]
    grafted = done(tmp_path / "graft", cut)
    assert result(grafted)["finetuned"]["test"] == tuned
    (graft,) = result(grafted)["grafts"]
    assert graft["base_patch"]["test"]["loss"] == tuned["loss"], "all weights: the tuned model"
    skill = load(grafted.place.skill())
    saved = load_file(ran.place.checkpoint / "linear_head.safetensors")
    assert {n: v.tolist() for n, v in skill.head.items()} == {
        n: v.tolist() for n, v in saved.items()
    }


def test_a_graft_of_another_type_finds_no_head(
    tmp_path: Path, raw: Raw, model_folder: Path, task_folder: Path
) -> None:
    ran = done(tmp_path, raw)
    cut = grafting(model_folder, task_folder, ran.place.checkpoint)
    cut["task"] |= {"type": "finetune"}
    failed = run_here(tmp_path / "runs" / "graft", cut).failed
    assert "has no linear head for this task" in failed.message


@pytest.fixture
def stored(tmp_path: Path, model_folder: Path, task_folder: Path, tuned: Path) -> Ran:
    return done(tmp_path / "stored", grafting(model_folder, task_folder, tuned, steps=3))


def test_a_stored_mask_is_evaluated_as_it_is(
    tmp_path: Path, stored: Ran, model_folder: Path, task_folder: Path, tuned: Path
) -> None:
    raw = grafting(model_folder, task_folder, tuned, learn=False)
    raw["base_patch"] = str(stored.place.skill())
    ran = done(tmp_path / "again", raw)
    (before,), (after,) = (result(r)["grafts"] for r in (stored, ran))
    same = set(after["base_patch"]["test"])
    learnt = before["learnt_graft"]["test"]
    assert after["base_patch"]["test"] == {name: learnt[name] for name in same}
    first, second = load(stored.place.skill()), load(ran.place.skill())
    assert {n: i.tolist() for n, i in first.indices.items()} == {
        n: i.tolist() for n, i in second.indices.items()
    }
    lm = AutoModelForMaskedLM.from_pretrained(model_folder, dtype=torch.float32)
    with installed(second, lm):
        pass


def test_a_stored_mask_may_be_learnt_on_but_has_one_size(
    tmp_path: Path, stored: Ran, model_folder: Path, task_folder: Path, tuned: Path
) -> None:
    raw = grafting(model_folder, task_folder, tuned, steps=2, base_patch=str(stored.place.skill()))
    (graft,) = result(done(tmp_path / "on", raw))["grafts"]
    (before,) = result(stored)["grafts"]
    assert graft["base_patch"]["test"]["weights"] == before["learnt_graft"]["test"]["weights"]
    raw["sparsities"] = [0.1, 0.2]
    failed = run_here(tmp_path / "runs" / "curve", raw).failed
    assert "graft.sparsities does not go with graft.base_patch" in failed.message


def test_a_stored_mask_without_weights_or_in_a_torn_file_is_a_wrong_setting(
    tmp_path: Path, stored: Ran, model_folder: Path, task_folder: Path, tuned: Path
) -> None:
    skill = load(stored.place.skill())
    write(subtract([skill, skill]).skill, tmp_path / "none")
    (tmp_path / "torn").write_bytes(stored.place.skill().read_bytes()[:-9])
    for name, words in (("none", "holds no weights"), ("torn", "cannot be read")):
        raw = grafting(model_folder, task_folder, tuned, base_patch=str(tmp_path / name))
        failed = run_here(tmp_path / "runs" / name, raw).failed
        assert (failed.reason, words in failed.message) == ("config", True), failed.message


def test_a_stored_mask_of_other_weights_is_named(
    tmp_path: Path, stored: Ran, model_folder: Path, task_folder: Path, tuned: Path
) -> None:
    raw = grafting(model_folder, task_folder, tuned, base_patch=str(stored.place.skill()))
    raw["freeze"] = {"layers": 1}
    failed = run_here(tmp_path / "runs" / "one", raw).failed
    assert failed.message.startswith("graft.base_patch: the stored mask holds weights of")


def test_a_mask_of_biases_alone(
    tmp_path: Path, model_folder: Path, task_folder: Path, tuned: Path
) -> None:
    raw = grafting(model_folder, task_folder, tuned, steps=2, lr=1e9)
    raw["freeze"] = {"all_but_biases": True}
    skill = load(done(tmp_path, raw).place.skill())
    assert {name.rpartition(".")[2] for name in skill.indices} == {"bias"}


def test_whole_answers_and_demonstrations_run(tmp_path: Path, raw: Raw, task_folder: Path) -> None:
    causal = write_model(tmp_path / "gpt2", "gpt2")
    words = {"0": " not good", "1": " great"}
    raw["model"]["name"] = str(causal)
    raw["task"] |= {"type": "autoregressive", "label_words": words, "prompt": "*sent_0*_It_was"}
    raw["train"] |= {"steps": 60}
    assert result(done(tmp_path / "whole", raw))["finetuned"]["test"]["accuracy"] > 0.7
    masked = finetuning(write_model(tmp_path / "model", max_position_embeddings=160), task_folder)
    masked["task"] |= {"type": "prompt-demo"}
    masked["demo"] = {"samples": 2}
    ran = done(tmp_path / "demo", masked)
    assert len(result(ran)["finetuned"]) == 1


def test_several_prompts_are_averaged(task_folder: Path, plain: Any) -> None:
    prompts = ["*cls**sent_0*_It_was*mask*.*sep+*", "*cls**mask*:*+sent_0**sep+*"]
    task = TaskConfig(name="SST-2", data=str(task_folder), k=4, prompt="\n".join(prompts))
    found = load_task(task, plain)
    assert (found.contexts, len(found.train)) == (2, 16)
    assert [e.answer == 1 for e in list(found.train)[:4]] == [False, True] * 2


def test_shifted_data_is_scored_too(tmp_path: Path, raw: Raw, task_folder: Path) -> None:
    folder = tmp_path / "data" / "SST-2"
    folder.parent.mkdir()
    folder.symlink_to(task_folder / "SST-2")
    other = tmp_path / "data" / "imdb" / "4-13"
    other.mkdir(parents=True)
    (other / "test.tsv").write_text("\n".join(["text\tlabel", *rows(6, 8)]) + "\n")
    raw["task"] |= {"data": str(tmp_path / "data"), "also_test": ["imdb"]}
    ran = done(tmp_path, raw)
    assert list(result(ran)["finetuned"]) == ["test", "imdb"]
    wrong = TaskConfig(name="SST-2", data=str(tmp_path / "data"), k=4, also_test=("pocket-topic",))
    with pytest.raises(ConfigError, match=r"task.also_test"):
        load_task(wrong, plain_tokenizer())
