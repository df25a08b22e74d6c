"""Answers and map of whole runs: the scores again, ids that stay, and the counts of the skill."""

import random
from pathlib import Path

import pytest
import torch

from engine import data
from engine.analysis.concentration import of_matrix
from engine.contract import events as ev
from engine.contract.layout import RunDir
from engine.contract.sections import TaskConfig
from engine.contract.subjects import sparsity_of
from engine.graft.skill import load
from engine.models import weight_map
from engine.tasks.metrics import scores
from engine.tasks.readers import Row
from engine.tasks.row_ids import row_ids
from graftui.results.answers import Answers, answers_of
from graftui.results.maps import RunMap, map_of
from tests.engine.engine_bench import (
    MOODS,
    THINGS,
    Ran,
    finetuning,
    grafting,
    load_task,
    run_here,
)
from tests.engine.engine_zoo import FAMILIES


@pytest.fixture(scope="module")
def grafted(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, task_folder: Path, tuned: Path
) -> Ran:
    """A graft run of two sparsities, and what is left without either."""
    raw = grafting(model_folder, task_folder, tuned, sparsities=[0.02, 0.1], necessity=True)
    return run_here(tmp_path_factory.mktemp("grafted"), raw)


def recomputed(group: Answers) -> dict[str, float]:
    """The scores of a classification, from its answers alone."""
    logits = torch.tensor([row.probabilities for row in group.rows], dtype=torch.float32).log()
    labels = torch.tensor([row.gold for row in group.rows])
    right = sum(row.gold == row.prediction for row in group.rows) / len(group.rows)
    return {**scores("accuracy", logits, labels), "accuracy": right}


def test_every_score_is_had_again_from_the_answers(grafted: Ran, tuned: Path) -> None:
    for place in (grafted.place, RunDir(tuned.parent)):
        told = {
            (e.what, e.sparsity, e.split): e.scores
            for e in Ran(place, 0).events
            if isinstance(e, ev.Evaluated)
        }
        groups = {(g.what, sparsity_of(g.labels), g.split): g for g in answers_of(place.path)}
        assert groups.keys() == told.keys()
        for key, group in groups.items():
            again = recomputed(group)
            assert again["accuracy"] == told[key]["accuracy"], key
            for name in {"loss", "ece"} & told[key].keys():
                assert again[name] == pytest.approx(told[key][name], abs=1e-6), key
        assert any(split == "dev" for _, _, split in groups)


def test_a_row_has_one_id_in_every_run(
    tmp_path: Path, model_folder: Path, task_folder: Path, grafted: Ran, tuned: Path
) -> None:
    raw = finetuning(model_folder, task_folder, steps=1)
    raw["train"]["seed"] = 99
    ran = run_here(tmp_path, raw)
    tests = [
        [(row.id, row.gold) for row in group.rows]
        for place in (ran.place.path, grafted.place.path, tuned.parent)
        for group in answers_of(place)
        if group.split == "test"
    ]
    assert len(tests) > 8
    assert all(rows == tests[0] for rows in tests)
    assert len({id for id, _ in tests[0]}) == 24


def test_ids_are_of_the_rows_and_not_of_their_places() -> None:
    rows = [Row((f"text {n}", "ü"), str(n % 2)) for n in range(20)]
    ids = dict(zip(rows, row_ids("SST-2", rows), strict=True))
    shuffled = random.Random(1).sample(rows, len(rows))
    assert dict(zip(shuffled, row_ids("SST-2", shuffled), strict=True)) == ids
    others = [row_ids("MR", rows), row_ids("SST-2", [Row(r.texts[:1], r.label) for r in rows])]
    assert not {id for found in others for id in found} & set(ids.values())
    assert row_ids("SST-2", [Row(("ein Satz",), "1")]) == ("4ed997a0646da118",), "for good"


def test_equal_rows_are_told_apart_by_their_turn() -> None:
    same, other = Row(("a",), "1"), Row(("b",), "1")
    first, second, third, fourth = row_ids("t", [same, other, same, same])
    assert (third, fourth) == (f"{first}-2", f"{first}-3")
    assert second != first


def test_answers_of_a_regression_are_its_scores(tmp_path: Path, model_folder: Path) -> None:
    folder = tmp_path / "STS-B" / "4-13"
    folder.mkdir(parents=True)
    for number, split in enumerate(("train", "dev", "test")):
        draw = random.Random(number)
        lines = ["\t".join("abcdefg") + "\tsentence1\tsentence2\tscore"]
        for _ in range(8):
            texts = [f"the {draw.choice(THINGS)} is {draw.choice(MOODS['1'])}" for _ in range(2)]
            lines.append("\t".join(["x"] * 7 + [*texts, f"{5 * draw.random():.2f}"]))
        (folder / f"{split}.tsv").write_text("\n".join(lines) + "\n")
    raw = finetuning(model_folder, tmp_path, steps=1)
    raw["task"]["name"] = "STS-B"
    ran = run_here(tmp_path / "run", raw)
    assert ran.code == 0, ran.place.events.read_text()
    told = {(e.stage, e.split): e.scores for e in ran.events if isinstance(e, ev.Evaluated)}
    groups = list(answers_of(ran.place.path))
    assert len(groups) == len(told) == 3
    for group in groups:
        assert (group.classes, group.bounds) == ((), (0.0, 5.0))
        high = torch.tensor([row.prediction for row in group.rows], dtype=torch.float32)
        logits = torch.stack([1 - high, high], 1).log()
        gold = torch.tensor([row.gold for row in group.rows], dtype=torch.float32)
        again = scores("pearson", logits, gold)["pearson"]
        assert again == pytest.approx(told[group.stage, group.split]["pearson"], abs=1e-5)


def test_the_map_has_the_counts_of_the_skill_files(grafted: Ran) -> None:
    found = map_of(grafted.place.path)
    assert isinstance(found, RunMap)
    assert [graft.labels for graft in found.grafts] == [{"sparsity": 0.02}, {"sparsity": 0.1}]
    for graft in found.grafts:
        skill = load(grafted.place.path / graft.skill)
        counts = {tensor.name: n for tensor, n in zip(found.tensors, graft.counts, strict=True)}
        assert {n: count for n, count in counts.items() if count} == {
            name: len(index) for name, index in skill.indices.items()
        }
        assert graft.weights == sum(found.by_module(graft).values()) == skill.info.weights
        assert {t.name: t.maskable for t in found.tensors} == skill.info.tensors
        spread = dict(zip(counts, zip(graft.rows, graft.columns, strict=True), strict=True))
        for name, index in skill.indices.items():
            shape = skill.info.shapes[name]
            matrix = len(shape) == 2
            expected = of_matrix(index.numpy(), (shape[0], shape[1])) if matrix else (None, None)
            assert spread[name] == pytest.approx(expected)
    roles = {tensor.role for tensor in found.tensors}
    assert {"query", "key", "value", "output", "first FFN", "second FFN", "norms"} <= roles
    told = {(e.path, e.kind) for e in grafted.events if isinstance(e, ev.Artifact)}
    assert {("map.json", "map"), ("answers.jsonl.gz", "answers")} <= told


@pytest.mark.parametrize("name", ["roberta", "gpt2"])
def test_layers_and_modules_are_those_of_the_module_tree(name: str) -> None:
    lm = FAMILIES[name].build(vocab_size=40)
    weights = weight_map(lm)
    names = [n for n, _ in lm.named_parameters()]
    places = weights.places(names)
    for number, layer in enumerate(weights.layers):
        assert {places[n].layer for n in layer} == {number}
        assert len({(places[n].module, places[n].parameter) for n in layer}) == len(layer)
    modules = [{places[n].module for n in layer} for layer in weights.layers]
    assert modules[0] == modules[1], "layers are alike"
    for n, place in places.items():
        assert n.endswith(f"{place.module}.{place.parameter}")
        assert (place.part == "layer") == (place.layer is not None)
        assert (place.part == "embeddings") == (n in weights.embeddings)


def test_rows_that_have_several_contexts_have_one_answer(task_folder: Path, plain: object) -> None:
    task = TaskConfig(name="SST-2", data=str(task_folder), k=4, type="prompt-demo")
    found: data.TaskData = load_task(task, plain)
    assert len(found.row_ids["dev"]) * found.contexts == len(found.dev)
    assert set(found.row_ids) == {"dev", "test"}
