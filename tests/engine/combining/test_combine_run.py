"""A whole combination, on a tiny model with two made-up skills of one task."""

import gzip
import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from engine import loading
from engine.contract import events as ev
from engine.contract.sections import FreezeConfig, ModelConfig
from engine.graft.combining.whole import whole
from engine.graft.skill import Skill, load, write
from engine.models import weight_map
from tests.engine.engine_bench import Ran, content, finetuning, run_here, write_model, write_task
from tests.engine.graft.graft_bench import tuned_from


def made_up(lm: Any, folder: Path, seed: int) -> Skill:
    """Every weight whose random number is below 0.05 moves; written as a skill file."""
    names = weight_map(lm).maskable(FreezeConfig())
    after = tuned_from(lm, names, 0.3, seed)
    tuned = deepcopy(lm)
    with torch.no_grad():
        for name in names:
            tuned.get_parameter(name).copy_(after[name])
    every = whole(lm, tuned, names, "tiny", "SST-2")
    draw = torch.Generator().manual_seed(seed)
    chosen = {n: (torch.rand(len(at), generator=draw) < 0.05).nonzero().flatten()
              for n, at in every.indices.items()}  # fmt: skip
    chosen = {name: at for name, at in chosen.items() if len(at)}
    for field in ("digests", "shapes"):
        table = getattr(every.info, field)
        for name in [name for name in table if name not in chosen]:
            del table[name]
    skill = Skill(
        every.info, chosen, {n: every.values[n][at] for n, at in chosen.items()},
        {n: every.base[n][at] for n, at in chosen.items()},
    )  # fmt: skip
    write(skill, folder / f"skill-{seed}.safetensors")
    return skill


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, a task and three skill files."""
    folder = tmp_path_factory.mktemp("combine")
    write_model(folder / "model")
    write_task(folder / "data")
    lm = loading.pretrained(ModelConfig(name=str(folder / "model")), "prompt")
    for seed in (1, 2, 3):
        made_up(lm, folder, seed)
    return folder


def combining(here: Path, seeds: tuple[int, ...], **settings: Any) -> dict[str, Any]:
    raw = finetuning(here / "model", here / "data")
    del raw["train"]
    skills = [str(here / f"skill-{seed}.safetensors") for seed in seeds]
    return {**raw, "kind": "combine", "skills": skills, **settings}


def evaluated(ran: Ran) -> dict[tuple[str, str, str], dict[str, float]]:
    return {
        (e.subject, e.stage, e.split): e.scores for e in ran.events if isinstance(e, ev.Evaluated)
    }


@pytest.fixture(scope="module")
def done(here: Path) -> Ran:
    return run_here(here / "runs" / "abc", combining(here, (1, 2, 3)))


def test_each_subset_is_scored_on_each_of_its_tasks(done: Ran) -> None:
    assert done.code == 0, done.place.events.read_text()[-800:]
    scored = evaluated(done)
    names = [f"SST-2#{n}" for n in (1, 2, 3)]
    pairs = ["SST-2#1+SST-2#2", "SST-2#1+SST-2#3", "SST-2#2+SST-2#3", "+".join(names)]
    assert scored.keys() == {
        ("model", "pretrained", "SST-2"),
        *((name, "alone", "SST-2") for name in names),
        *((pair, "combined", "SST-2") for pair in pairs),
        *((pair, "interference", "weights") for pair in pairs),
    }
    result = json.loads(done.place.result.read_text())
    assert [row["subset"] for row in result["subsets"]] == pairs
    for row in result["subsets"]:
        alone = [result["alone"][name]["accuracy"] for name in row["skills"]]
        together = [row["scores"][name]["accuracy"] for name in row["skills"]]
        drops = [a - b for a, b in zip(alone, together, strict=True)]
        assert list(row["drops"].values()) == pytest.approx(drops)
        assert row["drop"] == pytest.approx(sum(drops) / len(drops))
        assert scored[row["subset"], "interference", "weights"]["sti"] == row["sti"]
    assert result["summary"]["combined"] == pytest.approx(
        sum(row["accuracy"] for row in result["subsets"][-1]["scores"].values()) / 3
    )


def test_the_answers_are_of_each_subject(done: Ran) -> None:
    heads = [
        json.loads(line)
        for line in gzip.decompress(done.place.answers.read_bytes()).decode().splitlines()
        if line.startswith("{")
    ]
    assert len(heads) == 1 + 3 + 3 * 2 + 3
    assert {head["task"] for head in heads} == {"SST-2"}
    assert {head["subject"] for head in heads if head["stage"] == "combined"} >= {"SST-2#1+SST-2#2"}


def test_of_one_skill_the_file_is_that_skills_and_scores_as_it_does(here: Path) -> None:
    ran = run_here(here / "runs" / "one", combining(here, (2,), method="arithmetic"))
    assert ran.code == 0, ran.place.events.read_text()[-800:]
    made, given = load(ran.place.skill()), load(here / "skill-2.safetensors")
    for name in given.indices:
        assert torch.equal(made.indices[name], given.indices[name])
        assert torch.equal(made.values[name], given.values[name])
    scored = evaluated(ran)
    alone, combined = scored["SST-2", "alone", "SST-2"], scored["SST-2", "combined", "SST-2"]
    assert combined["loss"] == alone["loss"]
    assert combined["drop"] == 0


def test_run_again_it_is_the_same_bits(here: Path, done: Ran) -> None:
    again = run_here(here / "runs" / "again", combining(here, (1, 2, 3)))
    assert content(again.place.skill()) == content(done.place.skill())
    assert again.without_times()[1:] == done.without_times()[1:]


def test_the_task_of_a_skill_must_be_known(here: Path) -> None:
    skill = load(here / "skill-1.safetensors")
    strange = replace(skill, info=replace(skill.info, task="union of a, b"))
    write(strange, here / "strange.safetensors")
    raw = combining(here, (1,))
    raw["skills"].append(str(here / "strange.safetensors"))
    ran = run_here(here / "runs" / "strange", raw)
    assert "union of a, b" in ran.failed.message
    assert "task of each skill" in ran.failed.hint
    assert not ran.place.skill().exists()


def test_a_skill_without_the_values_before_is_refused_before_anything_is_scored(here: Path) -> None:
    skill = load(here / "skill-1.safetensors")
    old = replace(skill, info=replace(skill.info, format=1), base={})
    write(old, here / "old.safetensors")
    raw = combining(here, (2,))
    raw["skills"].append(str(here / "old.safetensors"))
    ran = run_here(here / "runs" / "old", raw)
    assert "values before" in ran.failed.message
    assert not any(isinstance(event, ev.Evaluated) for event in ran.events)


def test_skills_of_another_model_are_refused(here: Path) -> None:
    write_model(here / "other", initializer_range=0.3)
    raw = combining(here, (1,))
    raw["model"]["name"] = str(here / "other")
    ran = run_here(here / "runs" / "other", raw)
    assert "not those that the skill was made from" in ran.failed.message
