"""What skills gain on each other's tasks, against the formula worked out by hand."""

import json
import math
import random
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from graftui.errors import UsageError
from graftui.measured import Score
from graftui.models import Input, Run, RunStatus
from graftui.results.answered import Answered
from graftui.results.answers import Answers
from graftui.results.export.cells import to_csv
from graftui.results.relative import Known, relative
from graftui.results.relative_tables import plain, table
from tests.cli import study
from tests.cli.workplace import typed
from tests.results.test_answer_pairs import written

PRE = {"a": 0.5, "b": 0.25, "c": 0.6}
TUNED = {"a": (0.9, 0.8), "b": (0.75, 0.85), "c": (0.55, 0.6)}
"""Of two seeds; on c fine-tuning gained nothing."""
ON = {
    "a": {"a": (0.8, 0.9), "b": (0.3, 0.2), "c": (0.7, 0.6)},
    "b": {"a": (0.5, 0.4), "b": (0.7, 0.7)},
}
"""Skill -> task -> what it scores there, of two seeds."""


@dataclass
class Bench:
    """Runs as a registry has them."""

    runs: dict[str, Run] = field(default_factory=dict)
    scores: dict[str, list[Score]] = field(default_factory=dict)

    def add(
        self, id: str, kind: str, task: str, told: list[tuple[str, str, float]],
        inputs: tuple[Input, ...] = (), **config: Any,
    ) -> None:  # fmt: skip
        config = {"task": {"name": task, "k": 16}, "model": {"name": "m"}, **config}
        self.runs[id] = Run(
            id=id, name=id, kind=kind, config=config, config_hash=id, created_at=0.0,
            status=RunStatus.finished, inputs=inputs,
        )  # fmt: skip
        at = {"sparsity": 0.01} if kind == "graft" else {}
        self.scores[id] = [
            Score(stage, split, at if stage == "base_patch" else {}, {"accuracy": value})
            for stage, split, value in told
        ]

    def known(self, kind: str) -> Known:
        chosen = tuple(run for run in self.runs.values() if run.kind == kind)
        return Known(chosen, self.runs, self.scores)


@pytest.fixture(scope="module")
def bench() -> Bench:
    """Fine-tunings on a, b and c, grafts of a and b, and evaluations of these on all three."""
    made = Bench()
    for task, values in TUNED.items():
        for seed, value in enumerate(values):
            told = [("pretrained", "test", PRE[task]), ("finetuned", "test", value)]
            made.add(f"{task}{seed}", "finetune", task, told)
    for task, tested in ON.items():
        for seed in (0, 1):
            tuned = Input("finetuned", f"{task}{seed}")
            own = [("pretrained", "test", PRE[task]), ("finetuned", "test", TUNED[task][seed]),
                   ("base_patch", "test", tested[task][seed])]  # fmt: skip
            graft = {"localizer": "movement", "sparsity": 0.01}
            made.add(f"graft-{task}{seed}", "graft", task, own, (tuned,), **graft)
            told = [
                row
                for other, scores in tested.items()
                for split in ["test" if other == task else other]
                for row in (("pretrained", split, PRE[other]), ("grafted", split, scores[seed]))
            ]
            # The fine-tuned model on another task is no fine-tuned model of that task.
            told += [("finetuned", "test", TUNED[task][seed]), ("finetuned", "b", 0.1)]
            given = Input("skills", f"graft-{task}{seed}"), tuned
            made.add(f"on-{task}{seed}", "evaluate", task, told, given, tasks=["a", "b", "c"])
    return made


def by_hand(skill: str, task: str) -> float:
    pre = PRE[task]
    graft, tuned = (sum(values[task] if isinstance(values, dict) else values) / 2
                    for values in (ON[skill], TUNED[task]))  # fmt: skip
    return (graft - pre) / (tuned - pre) if tuned > pre else math.nan


def test_each_cell_is_the_formula(bench: Bench) -> None:
    matrix = relative(bench.known("evaluate"))
    assert matrix.tasks == ("a", "b", "c")
    assert matrix.skills == (
        "a  movement graft at 0.01",
        "b  movement graft at 0.01",
    )
    assert matrix.counts == (2, 2)
    for skill, row in zip("ab", matrix.values, strict=True):
        for task, value in zip("abc", row, strict=True):
            if task not in ON[skill]:
                assert value is None
            else:
                assert value == pytest.approx(by_hand(skill, task), nan_ok=True)
    assert math.isnan(matrix.values[0][2] or 0.0), "on c nothing was to be gained"


def test_a_skill_that_was_tested_twice_counts_once(bench: Bench) -> None:
    both = bench.known("evaluate")
    grafts = bench.known("graft")
    more = Known((*both.chosen, *grafts.chosen), both.all, both.scores)
    assert relative(more) == relative(both)
    own = relative(grafts)
    assert own.values[0][0] == relative(both).values[0][0]
    assert own.values[0][1] is None


def test_undefined_is_said_in_every_form(bench: Bench) -> None:
    matrix = relative(bench.known("evaluate"))
    row = table(matrix).sections[0].rows[0]
    assert [cell.text for cell in row.cells] == ["1.00", "0.00", "undefined", "2"]
    assert "undefined" in " ".join(table(matrix).notes)
    assert "inf" not in to_csv(table(matrix))
    assert plain(matrix)["rel"][1][2] is None


def asked(bench: Bench, folder: Path) -> Answered:
    """Answers of the grafts of a and their fine-tuned models, 100 rows each, as they scored."""
    for seed in (0, 1):
        dice = random.Random(seed)
        shares = {"pretrained": PRE["a"], "base_patch": ON["a"]["a"][seed]}
        for id, stages in (
            (f"graft-a{seed}", {**shares, "finetuned": TUNED["a"][seed]}),
            (f"a{seed}", {"finetuned": TUNED["a"][seed]}),
        ):
            groups = {}
            for stage, share in stages.items():
                right = set(dice.sample(range(100), round(100 * share)))
                groups[stage] = [[f"r{n}", n % 2, (n % 2) ^ (n not in right), [0.5, 0.5]]
                                 for n in range(100)]  # fmt: skip
            written(folder / id, groups)
    return Unsized(lambda run: folder / run.id)


class Unsized(Answered):
    """Answers of files that say no sizes."""

    def of(self, run: Run, score: Score) -> Answers | None:
        return super().of(run, replace(score, labels={}))


def test_a_cell_has_the_interval_of_its_answers(bench: Bench, tmp_path: Path) -> None:
    known = bench.known("graft")
    own = tuple(run for run in known.chosen if run.id.startswith("graft-a"))
    matrix = relative(Known(own, known.all, known.scores, asked(bench, tmp_path)))
    ((ends,),) = matrix.intervals
    assert ends is not None
    assert ends.low < by_hand("a", "a") < ends.high
    assert 0.2 < ends.high - ends.low < 1.5
    said = table(matrix)
    assert [section.title for section in said.sections] == ["", "95 % interval"]
    assert plain(matrix)["low"] == [[ends.low]]
    assert not table(relative(Known(own, known.all, known.scores))).sections[1:], "nobody asked"
    whole = relative(Known(known.chosen, known.all, known.scores, asked_again(tmp_path)))
    assert whole.intervals[1] == (None, None), "the others have left no answers"


def asked_again(folder: Path) -> Answered:
    return Unsized(lambda run: folder / run.id)


def test_runs_of_two_models_are_refused(bench: Bench) -> None:
    known = bench.known("graft")
    other = {**known.chosen[0].config, "model": {"name": "other"}}
    mixed = (replace(known.chosen[0], config=other), known.chosen[-1])
    with pytest.raises(UsageError, match=r'model.name is "other" of graft-a0 and "m" of graft-b1'):
        relative(Known(mixed, known.all, known.scores))


def test_runs_without_skills_are_refused(bench: Bench) -> None:
    with pytest.raises(UsageError, match="None of these runs has tested a skill"):
        relative(bench.known("finetune"))


def test_the_verb_finds_the_fine_tuned_models_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study.add(tmp_path, "aaaaaa", "finetune", study.tuned(0.9, 0.9))
    told = [
        ("pretrained", "test", None, study.of_class(0.5)),
        ("base_patch", "test", 0.01, study.of_class(0.7)),
    ]
    study.add(tmp_path, "bbbbbb", "graft", told, parent="aaaaaa", localizer="movement")
    said = json.loads(typed(monkeypatch, ["rel", "bbbbbb", "--json"]))
    assert said["rel"] == [[pytest.approx((0.7 - 0.5) / (0.9 - 0.5))]]
    assert "pocket-film  movement graft at 0.01" in typed(monkeypatch, ["rel", "bbbbbb"])
    typed(monkeypatch, ["rel", "bbbbbb", "-o", "rel.svg"])
    assert ">0.50<" in Path("rel.svg").read_text(), "a figure, by its ending"
