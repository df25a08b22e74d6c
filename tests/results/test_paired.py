"""Paired differences, against numpy; and which runs are a pair."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from graftui.measured import Score
from graftui.models import Run
from graftui.results.ahead import Ahead
from graftui.results.answered import Answered
from graftui.results.cells import Role, Table
from graftui.results.pair_statements import Paired, paired
from graftui.results.paired import Outcome, differences, nothing_compares, outcome
from graftui.results.peer_figures import figures
from graftui.results.peers import Peers
from graftui.results.side_by_side import compare
from graftui.results.statistics.differences import Difference
from graftui.results.statistics.intervals import Interval
from tests.results.test_answer_pairs import written


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
    assert whole.role is Role.plain, "nobody has asked whether that is clear of 0"
    assert said["accuracy", "pairs"][0].value == 2
    assert ("accuracy", "95 % interval") not in said
    assert ("weights", "pairs") not in said


def test_the_baseline_is_that_which_has_the_run() -> None:
    said = rows(differences([MOVED, LEARNT], SCORES, "l2"))
    assert said["accuracy", "data seed 13"][0].value == pytest.approx(-0.4)
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
    assert outcome(run("a"), sizes) == {
        "accuracy at 0.1": Outcome(0.1), "accuracy at 0.2": Outcome(0.2),
    }  # fmt: skip
    assert outcome(run("a", "finetune"), SCORES["l1"]) == {"accuracy": Outcome(0.99)}
    assert outcome(run("a", "unheard-of"), SCORES["l1"]) == {}


def blended(accuracy: float) -> list[Score]:
    """Two models of a run on rows of two tasks, one of them its result."""
    return [
        Score("alone", "food", {}, {"accuracy": 0.5}, subject="film"),
        Score("combined", "film", {}, {"accuracy": accuracy, "weights": 3.0}, subject="film+food"),
        Score("combined", "food", {}, {"accuracy": accuracy - 0.1}, subject="film+food"),
        Score("combined", "test", {"alpha": 0.5}, {"ece": 0.2}),
    ]


def test_of_several_models_and_tasks_each_is_compared() -> None:
    union, ties = (Peers(id, (run(id, "combine"),), ((13, 0, 0),), ("T", "m")) for id in "ut")
    own = outcome(union.runs[0], blended(0.9))
    names = "accuracy of film+food/combined on film", "accuracy of film+food/combined on food"
    assert own.keys() == {*names, "ece of combined[alpha=0.5]"}
    said = rows(differences([union, ties], {"u": blended(0.9), "t": blended(0.6)}))
    for name in names:
        (whole,) = said[name, "mean ± deviation"]
        assert whole.text == "-30.0", "in percent"


def test_why_nothing_compares_is_said() -> None:
    def why(columns: list[Peers]) -> str:
        return nothing_compares(columns, SCORES, "m1").message

    assert "differ in seeds alone" in why([MOVED])
    assert "another task or model than m1" in why([MOVED, OTHER])
    assert "nobody has none" in why([MOVED, column("nobody", {"n1": (13, 0, 0)})])
    assert "moved has accuracy, ece;" in why([MOVED, column("nobody", {"n1": (13, 0, 0)})])


def test_pairs_beat_means() -> None:
    """A difference that every seed shows stands out, however far seeds lie apart."""
    theirs = np.array([0.1, 0.5, 0.9])
    pair = paired(list(theirs + np.array([0.01, 0.011, 0.012])), list(theirs), True)
    assert pair.n == 3
    assert pair.mean == pytest.approx(0.011)
    assert pair.stands_out
    apart = stats.t.interval(0.95, 2, loc=0.011, scale=0.001 / 3**0.5)
    assert pair.interval is not None
    assert (pair.interval.low, pair.interval.high) == pytest.approx(apart)
    assert not paired([0.5], [0.4], True).stands_out


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    """Of the learnt grafts nearly all is right; of the moved ones half, in both seeds about the
    same rows: two that lie apart say nothing. l3 has left none."""
    path = tmp_path_factory.mktemp("runs")
    for name, share in (("l1", 0.95), ("l2", 0.95), ("m1", 0.5), ("m2", 0.5)):
        dice = random.Random(int(100 * share))
        rows = [
            [f"r{n}", n % 2, n % 2 if dice.random() < share else 1 - n % 2, [0.5, 0.5]]
            for n in range(80 - 3 * (name == "m1"))
        ]
        written(path / name, {"learnt_graft": rows}, labels={"sparsity": 0.1})
    return Answered(lambda run: path / run.id)


def test_answers_say_what_a_difference_is_worth(answered: Answered) -> None:
    table = differences([MOVED, LEARNT], SCORES, answered=answered)
    said = rows(table)
    assert said["accuracy", "mean ± deviation"][0].role is Role.better
    low, high = said["accuracy", "95 % interval"][0].value
    assert 0.2 < low < 0.45 < high < 0.7
    assert said["accuracy", "McNemar p"][0].value < 1e-6
    (counts,) = said["accuracy", "rows"]
    assert counts.value == [80, 77], "in the order of the baseline's runs"
    assert counts.text == "77 to 80 !, 3 of one side alone"
    assert counts.role is Role.differs
    assert said["ece", "95 % interval"][0].text != "–"
    assert any("bootstrap" in note for note in table.notes)
    whole = rows(differences([LEARNT, MOVED], SCORES, answered=answered))
    assert ("loss", "rows") not in whole


def test_without_answers_seeds_alone_speak_and_other_counts_are_flagged(tmp_path: Path) -> None:
    third = column("third", {"t1": (13, 0, 0), "t2": (21, 0, 0), "t3": (42, 0, 0)})
    scores = {**SCORES, "t1": scored(0.5), "t2": scored(0.4), "t3": scored(0.3)}
    nowhere = Answered(lambda run: tmp_path / run.id)
    table = differences([LEARNT, MOVED, third], scores, answered=nowhere)
    said = rows(table)
    assert [cell.text for cell in said["accuracy", "95 % interval"]] == [
        "[-157.1, +97.1] t", "[-40.0, -40.0] t",
    ]  # fmt: skip
    assert [cell.role for cell in said["accuracy", "mean ± deviation"]] == [Role.plain, Role.worse]
    assert [cell.text for cell in said["accuracy", "pairs"]] == ["2 !", "3"]
    assert any(note.startswith("!") for note in table.notes)
    torn = tmp_path / "l1" / "answers.jsonl.gz"
    torn.parent.mkdir()
    torn.write_bytes(b"torn")
    notes = differences([LEARNT, third], scores, answered=Answered(lambda r: tmp_path / r.id)).notes
    assert any("cannot be read" in note for note in notes)


def test_the_best_is_bold_where_it_is_clearly_ahead(answered: Answered) -> None:
    ahead = Ahead(SCORES, answered)
    assert ahead("learnt_graft accuracy", LEARNT, MOVED)
    assert ahead("learnt_graft@0.1 accuracy", LEARNT, MOVED)
    assert not ahead("learnt_graft accuracy", LEARNT, OTHER), "of another task"
    assert not ahead("learnt_graft accuracy", MOVED, LEARNT), "clear, but the other way"
    assert not ahead("finetuned accuracy", LEARNT, MOVED), "no answers, and seeds do not differ"
    side = compare([*LEARNT.runs, *MOVED.runs], SCORES)
    bold = {
        row.name: [cell.role is Role.best for cell in row.cells]
        for _, row in figures(side, [LEARNT, MOVED], clear=ahead).lines()
    }
    assert bold["learnt graft accuracy"] == [True, False]
    plain = figures(side, [LEARNT, MOVED], clear=lambda name, best, other: False)
    assert not any(cell.role is Role.best for _, row in plain.lines() for cell in row.cells)


def test_two_or_three_seeds_stand_out_where_both_intervals_say_so() -> None:
    """Seeds that agree by chance: the bootstrap of three is clear of 0, their t interval is not."""
    wide, clear = Interval(-0.1, 0.5), Interval(0.1, 0.3)
    told = Difference("accuracy", (0.01, 0.2, 0.4), 0.2, clear, wide, None, (9, 9, 9), 0, True)
    assert not Paired(0.2, 0.2, 3, clear, told).stands_out
    assert Paired(0.2, 0.2, 3, clear, replace(told, over_seeds=clear)).stands_out
    assert Paired(0.2, None, 1, clear, replace(told, over_seeds=None)).stands_out
    unknown = Paired(0.2, 0.2, 3, clear, replace(told, interval=None))
    assert not unknown.bootstrapped, "a t interval in its place is said to be one"
