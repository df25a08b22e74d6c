"""Collecting over seeds, against numpy, a naive selection, and results worked out by hand."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftui.measured import Score
from graftui.models import Input, Run, RunStatus
from graftui.results.over_seeds import SEEDS, Group, collect, shown, spread
from graftui.results.trials import Choice, Entry, LeftOut, Trial, trials


def trial(run: str = "r", dev: float = 0.5, test: float = 0.5, **fields: Any) -> Trial:
    """A trial of one task; `fields` are its settings, `__` for the point."""
    known: dict[str, Any] = {
        "task.name": "T", "stage": "finetuned", "sparsity": None, "split": "test",
        "metric": "accuracy", "task.data_seed": 13, "train.seed": 0,
    }  # fmt: skip
    known |= {name.replace("__", "."): value for name, value in fields.items()}
    return Trial(run, float(known.pop("created", 0.0)), known, dev, {str(known["metric"]): test})


def by_hand(found: Sequence[Trial]) -> dict[str, list[float]]:
    """Learning rate's optimizer -> the test scores of the best trial of each seed."""
    results: dict[str, list[float]] = {}
    for optimizer in {t.fields["train.optimizer"] for t in found}:
        mine = [t for t in found if t.fields["train.optimizer"] == optimizer]
        for seed in sorted({t.fields["task.data_seed"] for t in mine}):
            of_seed = [t for t in mine if t.fields["task.data_seed"] == seed]
            top = max(t.chosen_by for t in of_seed)
            tied = [t for t in of_seed if t.chosen_by == top]
            last = max(tied, key=lambda t: (t.created_at, t.run))
            results.setdefault(optimizer, []).append(last.scores["accuracy"])
    return results


@st.composite
def studies(draw: st.DrawFn) -> list[Trial]:
    quarter = st.sampled_from([0.25, 0.5, 0.75])  # so that trials tie
    return [
        trial(f"r{n}", draw(quarter), draw(st.floats(0, 1)), created=draw(st.integers(0, 3)),
              task__data_seed=draw(st.sampled_from([13, 21, 42])),
              train__lr=draw(st.sampled_from([0.1, 0.2])),
              train__optimizer=draw(st.sampled_from(["sgd", "adamw"])))
        for n in range(draw(st.integers(1, 14)))
    ]  # fmt: skip


@given(studies(), st.randoms())
def test_the_best_of_each_seed_is_what_a_naive_search_finds(
    found: list[Trial], random: Any
) -> None:
    groups = collect(found, ["train.optimizer"])
    expected = by_hand(found)
    assert [g.key["train.optimizer"] for g in groups] == sorted(expected)
    for group in groups:
        values = expected[group.key["train.optimizer"]]
        got = group.scores["accuracy"]
        assert (group.seeds, got.n) == (len(values), len(values))
        assert got.mean == pytest.approx(np.mean(values))
        assert got.median == pytest.approx(np.median(values))
        if len(values) > 1:
            assert got.std == pytest.approx(np.std(values, ddof=1), abs=1e-12)
        else:
            assert got.std is None
        assert all(sum(n for _, n in pairs) == group.seeds for pairs in group.chosen.values())
    assert sum(group.trials for group in groups) == len(found)
    most = max(group.seeds for group in groups)
    assert [g.short for g in groups] == [
        None if g.seeds == most else (g.seeds, most) for g in groups
    ]
    shuffled = list(found)
    random.shuffle(shuffled)
    assert collect(shuffled, ["train.optimizer"]) == groups


def test_a_nan_is_not_hidden_in_a_mean() -> None:
    assert math.isnan(spread([0.5, math.nan]).mean)
    assert spread([0.5]).std is None


def test_what_was_chosen_and_how_unevenly() -> None:
    (group,) = collect(
        [
            trial("a", 0.9, 0.80, task__data_seed=13, train__lr=0.1),
            trial("b", 0.8, 0.99, task__data_seed=13, train__lr=0.2),
            trial("c", 0.7, 0.90, task__data_seed=21, train__lr=0.1),
            trial("d", 0.7, 0.70, task__data_seed=42, train__lr=0.2, compute__device="cpu"),
        ],
        [],
    )
    assert group.runs == ("a", "c", "d")
    assert group.scores["accuracy"].mean == pytest.approx(0.8)
    assert group.scores["accuracy"].std == pytest.approx(0.1)
    assert group.chosen == {"train.lr": ((0.1, 2), (0.2, 1))}
    assert (group.trials, group.a_seed) == (4, (1, 2))
    assert group.flags == ("1 to 2 trials a seed",)


def test_less_loss_is_better() -> None:
    found = [trial("low", 0.2, 0.3, metric="loss"), trial("high", 0.9, 0.1, metric="loss")]
    assert collect(found, [])[0].runs == ("low",)


def test_stages_sparsities_tasks_and_test_sets_are_never_averaged() -> None:
    found = [
        trial(stage=stage, sparsity=at, split=split, task__name=task)
        for task in ("T", "U")
        for stage, at in (("pretrained", None), ("learnt_graft", 1e-3), ("learnt_graft", 1e-4))
        for split in ("test", "test_mismatched")
    ]
    groups = collect(found, [])
    assert [group.trials for group in groups] == [1] * 12
    assert shown(groups, ["stage"]) == ("stage", "task.name", "sparsity", "split")
    # By size, and stages as they come about: not by their names.
    some = [(g.key["stage"], g.key["sparsity"]) for g in groups if g.key["split"] == "test"][:3]
    assert some == [("pretrained", None), ("learnt_graft", 1e-4), ("learnt_graft", 1e-3)]
    one = collect(found[:1], [])
    assert shown(one, ["task.name"]) == ("task.name",)


def test_seeds_of_the_mask_do_not_make_a_fine_tuning_short_of_seeds() -> None:
    tuned = [trial(f"t{s}", task__data_seed=s) for s in (13, 21)]
    grafts = [
        trial(f"g{s}{m}", task__data_seed=s, graft__seed=m, stage="learnt_graft")
        for s in (13, 21)
        for m in (0, 1)
    ]
    assert [(g.seeds, g.short) for g in collect([*tuned, *grafts], [])] == [(2, None), (4, None)]
    one_lost = collect([*tuned, *grafts[:3]], [])
    assert [g.short for g in one_lost] == [None, None]  # each tuning has a graft
    lost = collect([*tuned, *grafts[:2]], [])
    assert [(g.seeds, g.short) for g in lost] == [(2, None), (2, (1, 2))]


def run(id: str, kind: str, parent: str | None = None, created: float = 0.0, **config: Any) -> Run:
    task = {"name": "T", "data_seed": 13}
    return Run(
        id=id, name=id, kind=kind, config={"kind": kind, "task": task, **config}, config_hash=id,
        created_at=created, status=RunStatus.finished, tags=("x", "y"),
        inputs=(Input("finetuned", parent),) if parent else (),
    )  # fmt: skip


def scored(accuracy: float, dev: float | None = None) -> list[Score]:
    """Both whole models, and a graft of them."""
    found = [
        Score("pretrained", "test", {}, {"accuracy": 0.3}),
        Score("finetuned", "test", {}, {"accuracy": accuracy}),
        Score("learnt_graft", "test", {"sparsity": 1e-3}, {"accuracy": accuracy - 0.1}),
    ]
    if dev is not None:
        found.append(Score("finetuned", "dev", {}, {"accuracy": dev}))
        found.append(Score("learnt_graft", "dev", {"sparsity": 1e-3}, {"accuracy": dev}))
    return found


def test_a_fine_tuning_that_two_grafts_score_again_is_one_trial() -> None:
    tuning = run("t", "finetune", train={"lr": 0.1, "seed": 7})
    mine = [score for score in scored(0.8, 0.7) if score.sparsity is None]
    grafts = [run(id, "graft", "t", 1.0, lr=1e7, seed=n) for n, id in enumerate(("g", "h"))]
    # No dev score of their own for the whole model: what they started from has one.
    told = [s for s in scored(0.8, 0.7) if (s.stage, s.split) != ("finetuned", "dev")]
    entries = [Entry(tuning, mine), *(Entry(g, told, tuning, mine) for g in grafts)]
    found, left_out = trials(entries, Choice())
    assert left_out == []
    assert [(t.run, t.fields["stage"]) for t in found] == [
        ("t", "pretrained"), ("t", "finetuned"), ("g", "learnt_graft"), ("h", "learnt_graft"),
    ]  # fmt: skip
    assert [t.chosen_by for t in found] == [0.7] * 4
    graft = found[2].fields
    assert (graft["train.lr"], graft["train.seed"], graft["graft.seed"]) == (0.1, 7, 0)
    assert (graft["graft.sparsity"], graft["tag"]) == (1e-3, "x y")
    assert "graft.lr" not in found[1].fields
    groups: tuple[Group, ...] = collect(found, [], SEEDS)
    assert [(g.seeds, g.trials) for g in groups] == [(1, 1), (1, 1), (2, 2)]
    # Without the tuning the grafts still agree on whose fine-tuning it was.
    found, _ = trials(entries[1:], Choice())
    assert [t.fields["stage"] for t in found].count("finetuned") == 1


def test_a_model_without_its_graft_is_chosen_by_the_graft() -> None:
    """Of two learning rates, the one whose graft is better on dev, though it loses more."""
    told = {}
    for id, dev, without in (("low", 0.6, 0.5), ("high", 0.7, 0.4)):
        told[id] = [
            *scored(0.8, dev),
            Score("knocked_out", "test", {"sparsity": 1e-3}, {"accuracy": without}),
            Score("knocked_out_random", "test", {"sparsity": 1e-3}, {"accuracy": 0.8}),
        ]
    entries = [Entry(run(id, "graft", "t", lr=n), told[id]) for n, id in enumerate(told, 1)]
    groups = collect(found := trials(entries, Choice())[0], ["graft.base_patch"])
    by_stage = {group.key["stage"]: group for group in groups}
    assert by_stage["knocked_out"].scores["accuracy"].mean == 0.4
    assert by_stage["knocked_out"].runs == by_stage["knocked_out_random"].runs == ("high",)
    assert {t.fields.get("graft.lr") for t in found if t.fields["stage"] == "knocked_out"} == {1, 2}


def test_who_cannot_take_part_is_named() -> None:
    entries = [Entry(run(id, "graft"), scored(0.8)) for id in "ab"]
    found, left_out = trials(entries, Choice())
    assert found == []
    assert LeftOut("learnt_graft", "no accuracy on dev", ("a", "b")) in left_out
    _, left_out = trials([Entry(run("a", "graft"), scored(0.8, 0.7))], Choice(metric="f1"))
    assert {one.why for one in left_out} == {"no f1 on test"}
    nan = [*scored(0.8), Score("learnt_graft", "dev", {"sparsity": 1e-3}, {"accuracy": math.nan})]
    assert trials([Entry(run("a", "graft"), nan)], Choice())[0] == []


def test_a_task_is_judged_by_its_own_metric() -> None:
    scores = {"f1": 0.7, "accuracy": 0.9}
    told = [Score("finetuned", split, {}, scores) for split in ("dev", "test")]
    for choice, metric in (
        (Choice(), "f1"),
        (Choice(metrics={"T": "accuracy"}), "accuracy"),
        (Choice(metric="f1", metrics={"T": "accuracy"}), "f1"),
    ):
        (one,), _ = trials([Entry(run("a", "finetune"), told)], choice)
        assert (one.metric, one.chosen_by) == (metric, scores[metric])


def test_an_older_fine_tuning_has_its_dev_score_in_its_summary() -> None:
    old = run("a", "finetune")
    old.summary["dev"] = 0.6
    told = [Score("finetuned", "test", {}, {"accuracy": 0.5, "loss": 0.4})]
    (one,), _ = trials([Entry(old, told)], Choice())
    assert one.chosen_by == 0.6
    assert trials([Entry(old, told)], Choice(metric="loss"))[0] == []  # that is no loss
