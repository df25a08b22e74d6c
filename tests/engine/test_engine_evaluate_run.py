"""Evaluations: what they score is what the runs that made the weights said of them, bit for bit."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.contract.events import Evaluated
from engine.contract.kinds.evaluate import EvaluateConfig, check_settings
from engine.evaluate import Outcome
from engine.graft.skill import Skill, load, write
from engine.kinds.evaluate import best_alpha
from graftui.results.answers import answers_of
from tests.engine.engine_bench import MOODS, THINGS, Ran, finetuning, grafting, run_here

Scores = dict[str, Any]


@pytest.fixture(scope="module")
def tasks(task_folder: Path) -> Path:
    """SST-2, and beside it mr, whose test rows are other ones."""
    folder = task_folder / "mr" / "4-13"
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(7)
    for split, count in (("train", 8), ("dev", 8), ("test", 20)):
        lines = [
            f"{n % 2},the {draw.choice(THINGS)} is so {draw.choice(MOODS[str(n % 2)])} ."
            for n in range(count)
        ]
        (folder / f"{split}.csv").write_text("\n".join(lines) + "\n")
    return task_folder


Evaluate = Callable[..., Ran]


@pytest.fixture(scope="module")
def evaluate(tmp_path_factory: pytest.TempPathFactory, model_folder: Path, tasks: Path) -> Evaluate:
    """Does an evaluation in this process."""

    def done(**config: Any) -> Ran:
        raw = finetuning(model_folder, tasks)
        del raw["train"]
        raw["task"] |= config.pop("task", {})
        folder = tmp_path_factory.mktemp("evaluate")
        return run_here(folder, {**raw, "kind": "evaluate", **config})

    return done


def result(ran: Ran) -> Scores:
    assert ran.code == 0, ran.place.events.read_text()
    raw = json.loads(ran.place.result.read_text())
    assert isinstance(raw, dict)
    return raw


@pytest.fixture(scope="module")
def grafted(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, tasks: Path, tuned: Path
) -> Ran:
    """Grafts of three sizes, the last of which is all of the fine-tuned model."""
    raw = grafting(model_folder, tasks, tuned, sparsities=[0.02, 0.3, 1.0], localizer="movement")
    return run_here(tmp_path_factory.mktemp("graft"), raw)


def of(scores: Scores, *names: str) -> list[float]:
    return [scores[name] for name in names]


KNOWN = ("accuracy", "loss", "ece")
BESIDE = (*KNOWN, "agreement", "recovery")


def test_without_a_skill_it_is_the_pretrained_model(evaluate: Evaluate, grafted: Ran) -> None:
    alone = result(evaluate())
    assert alone["pretrained"] == result(grafted)["pretrained"]
    assert set(alone) == {"pretrained", "summary"}


@pytest.mark.parametrize("place", [0, 1, 2])
def test_with_one_skill_it_is_that_graft_bit_for_bit(
    evaluate: Evaluate, grafted: Ran, tuned: Path, place: int
) -> None:
    graft = result(grafted)["grafts"][place]
    skill = str(grafted.place.path / graft["skill"])
    scored = result(evaluate(skills=[skill], finetuned={"path": str(tuned)}))
    ours, theirs = scored["grafted"]["test"], graft["base_patch"]["test"]
    assert of(ours, *BESIDE, "weights", "fraction") == of(theirs, *BESIDE, "weights", "fraction")
    assert scored["finetuned"] == result(grafted)["finetuned"]
    assert scored["summary"]["grafted"] == theirs["accuracy"]
    if place == 2:
        assert of(ours, *KNOWN) == of(scored["finetuned"]["test"], *KNOWN)
    else:
        assert of(ours, *KNOWN) != of(scored["finetuned"]["test"], *KNOWN)


def halves(skill: Skill, folder: Path) -> list[str]:
    """The entries of a skill by turns, as two skills."""
    paths = []
    for first in (0, 1):
        kept = {
            n: torch.arange(first, len(i), 2) for n, i in skill.indices.items() if len(i) > first
        }
        parts = [
            {name: part[name][span] for name, span in kept.items()}
            for part in (skill.indices, skill.values, skill.base)
        ]
        info = skill.info.__class__(
            **{
                **{f: getattr(skill.info, f) for f in skill.info.__dataclass_fields__},
                "digests": {n: skill.info.digests[n] for n in kept},
                "shapes": {n: skill.info.shapes[n] for n in kept},
                "weights": sum(len(i) for i in parts[0].values()),
            }
        )
        paths.append(folder / f"half-{first}.safetensors")
        write(Skill(info, *parts), paths[-1])
    return [str(path) for path in paths]


def test_of_disjoint_skills_the_order_does_not_matter(
    evaluate: Evaluate, grafted: Ran, tmp_path: Path
) -> None:
    graft = result(grafted)["grafts"][1]
    one, two = halves(load(grafted.place.path / graft["skill"]), tmp_path)
    both, other_way = (result(evaluate(skills=list(order))) for order in ((one, two), (two, one)))
    assert both["grafted"] == other_way["grafted"]
    assert of(both["grafted"]["test"], *KNOWN) == of(graft["base_patch"]["test"], *KNOWN)
    half = result(evaluate(skills=[one]))
    assert half["grafted"]["test"]["loss"] != both["grafted"]["test"]["loss"]


def test_skills_that_share_weights_are_refused(evaluate: Evaluate, grafted: Ran) -> None:
    files = [str(grafted.place.path / g["skill"]) for g in result(grafted)["grafts"][:2]]
    ran = evaluate(skills=files)
    assert not any(isinstance(event, Evaluated) for event in ran.events), "before it scores"
    failed = ran.failed
    small = load(files[0]).info.weights
    assert f"share {small:,} weights" in failed.message
    assert "combine" in failed.hint


def test_a_skill_of_another_base_is_refused(evaluate: Evaluate, grafted: Ran, tuned: Path) -> None:
    skill = str(grafted.place.path / result(grafted)["grafts"][0]["skill"])
    failed = evaluate(skills=[skill], model={"name": str(tuned)}).failed
    assert "are not those that the skill was made from" in failed.message


def test_interpolations_end_in_both_models(evaluate: Evaluate, tuned: Path) -> None:
    ran = evaluate(finetuned={"path": str(tuned)}, alphas=[0.0, 0.5, 1.0])
    scored = result(ran)
    ends = (("0", "pretrained"), ("1", "finetuned"))
    for alpha, whole in ends:
        for split in scored[whole]:
            ours = scored["interpolated"][alpha][split]
            assert of(ours, *KNOWN) == of(scored[whole][split], *KNOWN)
    middle = scored["interpolated"]["0.5"]["test"]
    assert middle["loss"] not in (scored[whole]["test"]["loss"] for _, whole in ends)
    best = scored["summary"]["alpha"]
    assert scored["wise_ft"]["test"] == {
        **scored["interpolated"][f"{best:g}"]["test"],
        "alpha": best,
    }
    dev = {
        event.labels["alpha"]: event.scores["accuracy"]
        for event in ran.events
        if isinstance(event, Evaluated) and (event.stage, event.split) == ("interpolated", "dev")
    }
    assert len(dev) == 3
    assert dev[best] == max(dev.values())


def test_between_two_models_each_weight_lies_where_alpha_says() -> None:
    from engine.models.interpolate import interpolations

    pre, tuned = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    ends = {n: p.detach().clone() for n, p in tuned.named_parameters()}
    own = dict(pre.named_parameters())
    for alpha in interpolations(pre, tuned, [0.0, 0.25, 1.0]):
        for name, p in tuned.named_parameters():
            by_hand = own[name] + alpha * (ends[name] - own[name])
            torch.testing.assert_close(p, by_hand)
    assert all(p.equal(ends[name]) for name, p in tuned.named_parameters())


def test_alpha_is_the_best_on_dev_then_of_least_loss() -> None:
    labels = torch.tensor([0, 1, 1])

    def outcome(*margins: float) -> Outcome:
        return Outcome(torch.tensor([[m, 0.0] for m in margins]), labels)

    dev = {0.0: outcome(1, 1, -1), 0.5: outcome(1, -1, -1), 0.7: outcome(2, -2, -2)}
    assert best_alpha(dev) == 0.7
    assert best_alpha({**dev, 0.9: dev[0.7]}) == 0.7


def test_other_tasks_are_asked_by_their_own_prompt(
    evaluate: Evaluate, grafted: Ran, tasks: Path
) -> None:
    skill = str(grafted.place.path / result(grafted)["grafts"][1]["skill"])
    beside = evaluate(skills=[skill], tasks=["mr"])
    alone = evaluate(skills=[skill], task={"name": "mr"})
    shifted = evaluate(skills=[skill], task={"also_test": ["mr"]})
    scored = result(beside)
    assert list(scored["grafted"]) == ["test", "mr"]
    for stage in ("pretrained", "grafted"):
        assert scored[stage]["mr"] == result(alone)[stage]["test"]
        assert scored[stage]["mr"] == result(shifted)[stage]["mr"], "their words are the same"
        assert scored[stage]["mr"] != scored[stage]["test"]
    groups = {(g.stage, g.split): g for g in answers_of(beside.place.path)}
    assert set(groups) == {
        (stage, split) for stage in ("pretrained", "grafted") for split in ("dev", "test", "mr")
    }
    told = groups["grafted", "mr"]
    right = sum(row.gold == row.prediction for row in told.rows) / len(told.rows)
    assert (told.task, right) == ("mr", scored["grafted"]["mr"]["accuracy"])


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"alphas": (0.5,)}, "no fine-tuned model"),
    ({"alphas": (0.5, 0.5)}, "the same value twice"),
    ({"tasks": ("mood",)}, "mood"),
    ({"tasks": ("mr",), "task": {"name": "SST-2", "also_test": ("mr",)}}, "task.also_test"),
    ({"task": {"name": "SST-2", "type": "finetune"}}, "no linear head"),
    ({"task": {"name": "SST-2", "type": "finetune"}, "tasks": ("mr",)}, "does not answer mr"),
    (
        {"task": {"name": "SST-2", "type": "finetune"}, "skills": ("a", "b")},
        "a linear head each",
    ),
]


@pytest.mark.parametrize(("config", "why"), REFUSED)
def test_what_does_not_go_together_is_refused(config: dict[str, Any], why: str) -> None:
    trouble = check_settings(EvaluateConfig.model_validate(config))
    assert trouble is not None
    assert why in " ".join(trouble)
