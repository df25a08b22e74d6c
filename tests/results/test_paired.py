"""Paired differences, against numpy; and which runs are a pair."""

from typing import Any

import numpy as np
import pytest

from graftui.measured import Score
from graftui.models import Run
from graftui.results.cells import Role, Table
from graftui.results.paired import differences, outcome, paired
from graftui.results.peers import Peers


def run(id: str, kind: str = "graft") -> Run:
    return Run(id=id, name=id, kind=kind, config={}, config_hash="", created_at=0.0)


def column(label: str, seeds: dict[str, tuple[Any, ...]], task: str = "T") -> Peers:
    return Peers(label, tuple(map(run, seeds)), tuple(seeds.values()), (task, "m"))


def scored(accuracy: float, **more: float) -> list[Score]:
    graft = {"accuracy": accuracy, "weights": 9.0, **more}
    return [
        Score("finetuned", "test", {}, {"accuracy": 0.99}),
        Score("learnt_graft", "test", {"sparsity": 0.1}, graft),
        Score("learnt_graft", "dev", {"sparsity": 0.1}, {"accuracy": 0.0}),
    ]  # fmt: skip


LEARNT = column("learnt", {"l1": (13, 0, 0), "l2": (21, 0, 0), "l3": (42, 0, 0)})
MOVED = column("moved", {"m2": (21, 0, None), "m1": (13, 0, None)})
OTHER = column("other", {"o1": (13, 0, 0)}, "U")
SCORES = {
    "l1": scored(0.9, ece=0.2), "l2": scored(0.8, ece=0.1), "l3": scored(0.7),
    "m1": scored(0.5, ece=0.3), "m2": scored(0.6, ece=0.3), "o1": scored(1.0),
}  # fmt: skip


def rows(table: Table) -> dict[tuple[str, str], list[Any]]:
    return {(section.title, row.name): list(row.cells) for section, row in table.lines()}


def test_runs_of_the_same_seeds_are_pairs_as_far_as_both_have_seeds() -> None:
    table = differences([MOVED, LEARNT, OTHER], SCORES)
    assert table.heads == ("learnt",), "of another task nothing compares"
    assert "other" in table.notes[1]
    said = rows(table)
    assert said["accuracy", "data seed 13"][0].value == pytest.approx(0.4)
    assert said["accuracy", "data seed 21"][0].text == "+20.0"
    apart = np.array([0.8 - 0.6, 0.9 - 0.5])
    whole = said["accuracy", "mean ± deviation"][0]
    assert whole.value == pytest.approx(apart.mean())
    assert whole.text == f"+30.0 ± {100 * apart.std(ddof=1):.1f}"
    assert whole.role is Role.better
    assert said["accuracy", "pairs"][0].value == 2
    assert said["ece", "mean ± deviation"][0].role is Role.better, "less is better"
    assert ("weights", "pairs") not in said


def test_the_baseline_is_that_which_has_the_run() -> None:
    said = rows(differences([MOVED, LEARNT], SCORES, "l2"))
    assert said["accuracy", "data seed 13"][0].value == pytest.approx(-0.4)
    assert said["accuracy", "mean ± deviation"][0].role is Role.worse
    assert ("accuracy", "data seed 42") not in said, "it has no pair"
    assert not differences([LEARNT], SCORES).sections
    alone = rows(differences([column("a", {"l1": (13,)}), column("b", {"m1": (13,)})], SCORES,
                             over=("task.data_seed",)))  # fmt: skip
    assert alone["accuracy", "l1"][0].text == "-40.0"
    assert alone["accuracy", "mean ± deviation"][0].text == "-40.0"


def test_of_a_curve_each_size_is_compared() -> None:
    sizes = [
        Score("base_patch", "test", {"sparsity": size}, {"accuracy": size}) for size in (0.1, 0.2)
    ]
    assert outcome(run("a"), sizes) == {"accuracy at 0.1": 0.1, "accuracy at 0.2": 0.2}
    assert outcome(run("a", "finetune"), SCORES["l1"]) == {"accuracy": 0.99}
    assert outcome(run("a", "unheard-of"), SCORES["l1"]) == {}


def test_pairs_beat_means() -> None:
    """A difference that every seed shows stands out, however far seeds lie apart."""
    theirs = np.array([0.1, 0.5, 0.9])
    pair = paired(list(theirs + np.array([0.01, 0.011, 0.012])), list(theirs))
    assert pair.n == 3
    assert pair.mean == pytest.approx(0.011)
    assert pair.stands_out
    assert not paired([0.5], [0.4]).stands_out
