"""Pivots of trials: every cell against the trials themselves; what is missing or uneven is said."""

import io
import json
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from scipy import stats

from graftui.errors import UsageError
from graftui.results.answers import Answer, Answers
from graftui.results.cells import Role
from graftui.results.export import pivots as export
from graftui.results.groups import Collected
from graftui.results.over_seeds import SEEDS, collect
from graftui.results.pivot_best import best
from graftui.results.pivots import Pivot, pivoted, records, table
from graftui.results.trials import Trial

VALUES = {
    ("film", "learnt", 1e-3): [0.9, 0.8, 0.85],
    ("film", "movement", 1e-3): [0.7, 0.8],
    ("film", "learnt", 1e-2): [0.95, 0.9, 0.92],
    ("food", "learnt", 1e-3): [0.6],
}


def trial(task: str, localizer: str, size: float, seed: int, value: float) -> Trial:
    fields: dict[str, Any] = {
        "task.name": task, "graft.localizer": localizer, "sparsity": size, "split": "test",
        "metric": "accuracy", "stage": "learnt_graft", "task.data_seed": seed, "model.name": "m",
    }  # fmt: skip
    return Trial(f"{task}{seed}", 0.0, fields, value, {"accuracy": value, "ece": 1 - value})


@pytest.fixture(scope="module")
def made() -> Pivot:
    return pivot()


def pivot(score: str = "") -> Pivot:
    trials = [trial(*cell, n, v) for cell, values in VALUES.items() for n, v in enumerate(values)]
    rows, cols = ("task.name",), ("graft.localizer",)
    groups = collect(trials, (*rows, *cols))
    return pivoted(Collected((*rows, *cols), SEEDS, "dev", groups), rows, cols, "test", score)


def test_every_cell_is_the_mean_of_its_seeds_with_its_t_interval(made: Pivot) -> None:
    assert made.cols == ("graft.localizer", "sparsity"), "sizes are never averaged over"
    known = {(r["task.name"], r["graft.localizer"], r["sparsity"]): r for r in records(made)}
    assert known.keys() == VALUES.keys()
    for cell, values in VALUES.items():
        record, n = known[cell], len(values)
        assert (record["mean"], record["n"]) == (pytest.approx(np.mean(values)), n)
        if n == 1:
            assert record["low"] is None
            continue
        ends = stats.t.interval(0.95, n - 1, loc=np.mean(values), scale=stats.sem(values))
        assert (record["low"], record["high"]) == pytest.approx(tuple(ends))


def answers(trial: Trial, ahead: bool = True) -> Answers:
    """As right as it scored, on 100 rows that all share; of two trials the worse one is right only
    where the better one is, or else where it likes."""
    count = round(100 * trial.scores["accuracy"])
    localizer, seed = trial.fields["graft.localizer"], trial.fields["task.data_seed"]
    rows = list(range(100))
    if not ahead:
        random.Random(f"{localizer}{seed}").shuffle(rows)
    right = set(rows[:count])
    said = (Answer(f"{n:03d}", n % 2, (n % 2) ^ (n not in right), (0.5, 0.5)) for n in range(100))
    return Answers("film", "model", "g", "test", {}, ("a", "b"), None, tuple(said))


def named(rows: tuple[str, ...], cols: tuple[str, ...], *by: tuple[str, list[float]]) -> Pivot:
    """Of localizers, each with its scores at one size, a seed each."""
    trials = [trial("film", name, 1e-3, n, v) for name, values in by for n, v in enumerate(values)]
    groups = collect(trials, (*rows, *cols))
    return pivoted(Collected((*rows, *cols), SEEDS, "dev", groups), rows, cols, "test")


NEAR, FAR = [0.80, 0.81, 0.80, 0.79], [0.60, 0.61, 0.62, 0.58]
ACROSS = ("task.name",), ("graft.localizer",)


def test_the_best_of_a_row_is_bold_where_intervals_say_so() -> None:
    made = named(*ACROSS, ("learnt", NEAR), ("movement", FAR), ("random", [0.5] * 4))
    assert best(made, answers) == {(0, 0)}
    shown = table(made, best(made, answers))
    roles = [cell.role for cell in shown.sections[0].rows[0].cells]
    assert roles == [Role.best, Role.plain, Role.plain]
    assert any(note.startswith("bold") for note in shown.notes)
    assert not any(note.startswith("bold") for note in table(made).notes)
    close = named(*ACROSS, ("learnt", NEAR), ("movement", [v - 0.01 for v in NEAR]))
    assert not best(close, lambda trial: answers(trial, ahead=False)), "one row of a hundred"
    assert best(close, lambda trial: None) == {(0, 0)}, "without answers seeds alone say it"
    alone = named(*ACROSS, ("learnt", NEAR[:1]), ("movement", FAR[:1]))
    assert not best(alone, lambda trial: None), "one seed says nothing of another"


def test_what_is_of_several_tasks_compares_down_the_columns() -> None:
    down = named(("graft.localizer",), ("task.name",), ("learnt", NEAR), ("movement", FAR))
    assert best(down, answers) == {(0, 0)}
    both = pivot()
    assert {row for row, _ in best(both, lambda trial: None)} <= {0}
    trials = [trial(t, "learnt", 1e-3, n, v) for t, of in (("a", NEAR), ("b", FAR))
              for n, v in enumerate(of)]  # fmt: skip
    groups = collect(trials, ("graft.localizer", "task.name"))
    across = pivoted(
        Collected((), SEEDS, "dev", groups), ("graft.localizer",), ("task.name",), "test"
    )
    assert not best(across, answers), "a task is not better than another"


def test_what_is_missing_or_of_fewer_seeds_is_seen(made: Pivot) -> None:
    shown = table(made)
    assert shown.heads == ("learnt, 0.001", "learnt, 0.01", "movement, 0.001")
    film, food = shown.sections[0].rows
    assert film.cells[0].text == "85.0 ± 12.4 (3)"
    assert film.cells[2].text.endswith("(2!)")
    assert film.cells[2].role is Role.differs
    assert [cell.text for cell in food.cells] == ["60.0 (1!)", "–", "–"]
    assert any("2 missing" in note for note in shown.notes)
    assert any(note.startswith("!") for note in shown.notes)


@pytest.mark.parametrize("form", export.FORMATS)
def test_every_format_has_every_entry(made: Pivot, form: str) -> None:
    text = export.FORMATS[form](made)
    if isinstance(text, bytes):
        read = pyarrow.parquet.read_table(io.BytesIO(text)).to_pylist()
        assert [row["mean"] for row in read] == [r["mean"] for r in records(made)]
        assert text == export.FORMATS[form](made)
    elif form == "json":
        assert len(json.loads(text)["entries"]) == len(VALUES)
        assert json.loads(text)["missing"] == 2
    elif form in ("csv", "raw csv", "jsonl"):
        assert len(text.splitlines()) == len(VALUES) + (form != "jsonl")
    else:
        assert all(word in text for word in ("85.0", "12.4", "(2!)", "fewer seeds"))
        assert ("\\toprule" in text) == (form == "latex")


def test_another_score_and_what_is_not_there() -> None:
    assert records(pivot("ece"))[0]["mean"] == pytest.approx(0.15)
    with pytest.raises(UsageError, match=r"no run has test\.f1") as refused:
        pivot("f1")
    assert "test.accuracy" in refused.value.hint


def test_what_cannot_be_is_not_missing() -> None:
    """A whole model has no size, and a graft has one: of those cells none is missing."""
    whole = [
        replace(each, fields={**each.fields, "stage": stage, "sparsity": None})
        for each in [trial("film", "learnt", 1e-3, 0, 0.9)]
        for stage in ("pretrained", "finetuned")
    ]
    grafts = [trial("film", "learnt", size, 0, 0.8) for size in (1e-3, 1e-2)]
    grafts.append(trial("food", "learnt", 1e-3, 0, 0.8))
    rows, cols = ("sparsity",), ("task.name",)
    groups = collect([*whole, *grafts], (*rows, *cols))
    made = pivoted(Collected((*rows, *cols), SEEDS, "dev", groups), rows, cols, "test")
    assert made.cols == ("task.name", "stage")
    assert sum(entry.spread is None for row in made.entries for entry in row) == 7
    assert made.missing == 1, "food at 0.01"
