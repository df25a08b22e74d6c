"""Smallest grafts and knock-outs, in whole runs and against slow searches."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from engine import data
from engine.contract.kinds.graft import GraftConfig
from engine.contract.localizers import localizers
from engine.evaluate import Outcome
from engine.graft.base import BasePatch
from engine.graft.mask import top
from engine.graft.necessity import knock_out, without
from engine.graft.recover import interval, sizes, smallest
from engine.graft.report import Bench
from engine.tasks.metrics import resampled, scores
from tests.engine.engine_bench import grafting, run_here
from tests.engine.graft.graft_bench import grafting_session


@pytest.fixture
def bench(task: data.TaskData, tmp_path: Path) -> Bench:
    session, delta = grafting_session(task, tmp_path, scale=0.3)
    pretrained = session.test()
    delta.theta.copy_(delta.tuned)
    outcomes = {"pretrained": pretrained, "finetuned": session.test()}
    return Bench(session, GraftConfig(recover=0.9), delta, outcomes)


def test_the_smallest_graft_reaches_what_the_next_smaller_tried_does_not(bench: Bench) -> None:
    movement = bench.delta.movement()
    found = smallest(bench, movement)
    bench.delta.put(top(movement, found.weights))
    full = bench.outcomes["finetuned"]["test"].score
    again = bench.session.test()["test"].score / full
    assert found.recovery == again >= 0.9
    smaller = [s for s in found.tried if s < found.weights]
    if smaller:
        assert found.tried[max(smaller)] < 0.9
        assert found.weights <= max(max(smaller) + 1, 1.03 * max(smaller))
    assert found.low <= found.recovery <= found.high
    assert found.tried[len(bench.delta)] == 1.0
    assert {found.least, found.most} <= {*found.tried}
    assert found.least <= found.weights <= found.most


def test_the_interval_is_that_of_resampled_rows() -> None:
    torch.manual_seed(0)
    labels = torch.randint(2, (400,))
    right = torch.rand(400) < 0.8
    answers = torch.where(right, labels, 1 - labels)
    logits = torch.nn.functional.one_hot(answers, 2).float()
    perfect = torch.nn.functional.one_hot(labels, 2).float()
    low, high = interval(Outcome(logits, labels), Outcome(perfect, labels))
    share = right.double().mean().item()
    spread = 1.96 * (share * (1 - share) / 400) ** 0.5  # of a proportion
    assert low == pytest.approx(share - spread, abs=0.012)
    assert high == pytest.approx(share + spread, abs=0.012)


def test_the_interval_of_a_size_is_that_of_all_sizes_one_by_one() -> None:
    """Of a share of samples that grows with the size, against a look at each size."""

    def share(s: int) -> float:
        return 1 / (1 + (400 / s) ** 6)

    asked: list[int] = []

    def counted(s: int) -> float:
        asked.append(s)
        return share(s)

    low, high = sizes(counted, [1, 50, 410, 100_000], 410)
    for end, part in ((low, 0.025), (high, 0.975)):
        exact = next(s for s in range(1, 100_000) if share(s) >= part)
        assert exact <= end <= 1.11 * exact
    assert len(asked) < 30
    assert sizes(lambda s: 1.0, [10, 20], 10) == (1, 10)
    assert sizes(lambda s: float(s >= 20), [10, 20], 20) == (20, 20)


@pytest.mark.parametrize(
    ("metric", "classes"),
    [("accuracy", 3), ("f1", 2), ("matthews", 2), ("matthews", 4), ("pearson", 2)],
)
def test_samples_at_once_score_what_each_does(metric: str, classes: int) -> None:
    torch.manual_seed(1)
    logits, labels = torch.randn(60, classes), torch.randint(classes, (60,))
    if metric == "pearson":
        labels = torch.rand(60)
    drawn = [torch.randint(60, (60,)) for _ in range(20)]
    times = torch.stack([draw.bincount(minlength=60) for draw in drawn])
    slow = [scores(metric, logits[draw], labels[draw])[metric] for draw in drawn]
    assert resampled(metric, logits, labels, times).tolist() == pytest.approx(slow, abs=1e-6)


@pytest.mark.parametrize("metric", ["matthews", "pearson"])
def test_a_sample_of_one_row_correlates_with_nothing(metric: str) -> None:
    times = torch.tensor([[4, 0, 0, 0]])
    logits, labels = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
    assert resampled(metric, logits, labels, times).tolist() == [0.0]


def test_knocked_out_weights_are_the_pretrained_ones(bench: Bench) -> None:
    mask = top(bench.delta.movement(), 50)
    without(bench.delta, mask)
    gone = torch.zeros(len(bench.delta), dtype=torch.bool).index_fill_(0, mask, True)
    expected = torch.where(gone, bench.delta.pre, bench.delta.tuned)
    assert torch.equal(bench.delta.theta, expected)


def test_without_all_weights_the_pretrained_model_is_left(bench: Bench) -> None:
    every = torch.arange(len(bench.delta))
    found = knock_out(bench, BasePatch(1.0, every), every)
    before = bench.outcomes["pretrained"]["test"].scores()
    for stage in ("knocked_out", "knocked_out_random"):
        assert found[stage]["test"]["accuracy"] == before["accuracy"]
        assert found[stage]["test"]["loss"] == pytest.approx(before["loss"])
    assert torch.equal(bench.delta.theta, bench.delta.pre)


Raw = dict[str, Any]


@pytest.mark.parametrize("localizer", [name for name in localizers() if name != "learnt"])
def test_every_localizer_in_a_whole_run(
    tmp_path: Path, model_folder: Path, task_folder: Path, tuned: Path, localizer: str
) -> None:
    raw: Raw = grafting(model_folder, task_folder, tuned, steps=3, sparsity=200)
    raw |= {"localizer": localizer, "necessity": True}
    ran = run_here(tmp_path / "runs" / "one", raw)
    assert ran.code == 0, ran.place.events.read_text()
    (graft,) = json.loads(ran.place.result.read_text())["grafts"]
    best = graft["learnt_graft"] or graft["base_patch"]
    assert bool(graft["learnt_graft"]) == (localizer != "movement")
    assert best["test"]["weights"] == 200, "exactly the budget"
    assert graft["without"]["knocked_out"]["test"]["weights"] == 200
    assert graft["without"]["knocked_out_random"]["test"]["weights"] == 200


def test_recover_in_a_whole_run(
    tmp_path: Path, model_folder: Path, task_folder: Path, tuned: Path
) -> None:
    raw: Raw = grafting(model_folder, task_folder, tuned, recover=0.95, learn=False)
    ran = run_here(tmp_path / "runs" / "one", raw)
    assert ran.code == 0, ran.place.events.read_text()
    result = json.loads(ran.place.result.read_text())
    (graft,) = result["grafts"]
    assert graft["base_patch"]["test"]["weights"] == result["recover"]["weights"]
    assert graft["base_patch"]["test"]["recovery"] == result["recover"]["recovery"] >= 0.95
