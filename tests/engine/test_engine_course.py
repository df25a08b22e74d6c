"""The whole of a run: its share never falls, and the time left is the time that it then takes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import data
from engine.contract import events as ev
from engine.contract.kinds.finetune import TrainConfig
from engine.contract.kinds.graft import GraftConfig
from engine.course import TRAINED, Course, Phase
from engine.graft.phases import phases as of_graft
from engine.graft.phases import searches
from engine.training.tune import phases as of_fine_tuning
from tests.engine.engine_bench import finetuning, grafting, run_here

Report = tuple[str, int, int]


class Clock:
    """Goes on when told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def reports(course: list[Phase], parts: int) -> Iterator[tuple[Report, float]]:
    """What a run of these phases says, `parts` times a phase, and the work that each stands for."""
    for phase in course:
        whole = round(parts / (phase.end - phase.start))
        first = round(whole * phase.start)
        for step in range(first + 1, first + parts + 1):
            yield (phase.name, step, whole), phase.work / parts


COURSE = [
    Phase("test", 100),
    Phase("test", 120),
    *(
        phase
        for k in range(3)
        for phase in (Phase("test", 30), Phase("graft", 400, k / 3, (k + 1) / 3), Phase("test", 50))
    ),
]


@given(
    parts=st.integers(1, 30),
    pace=st.fixed_dictionaries({"test": st.floats(0.01, 10), "graft": st.floats(0.01, 10)}),
)
def test_the_time_left_is_the_time_it_takes(parts: int, pace: dict[str, float]) -> None:
    """Where each kind of phase keeps its pace, however far that is from its planned work."""
    clock = Clock()
    course = Course(COURSE, clock)
    seen, said, grafted = [], [], 0
    for (name, step, total), work in reports(COURSE, parts):
        clock.now += work * pace[name]
        done, left = course.at(name, step, total)
        seen.append(done)
        grafted += name == "graft"
        if left is not None and grafted > 1:
            said.append((clock.now, left))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert said[-1][1] == 0.0
    assert all(left == pytest.approx(clock.now - at, abs=0.2) for at, left in said)


def test_no_time_is_said_before_most_of_the_rest_is_measured() -> None:
    """A quick test phase says nothing of a long training, nor do its first moments."""
    clock = Clock()
    course = Course([Phase("test", 50), Phase("finetune", 1000), Phase("test", 50)], clock)
    for step in (1, 2, 5):
        clock.now += 4
        assert course.at("test", step, 5)[1] is None
    clock.now += 0.5
    assert course.at("finetune", 1, 1000)[1] is None, "one step, which warms up"
    clock.now += 2.9
    assert course.at("finetune", 90, 1000)[1] is not None, "2 % of the work"


def test_what_was_taken_over_says_nothing_of_the_time_that_such_work_takes() -> None:
    clock = Clock()
    course = Course([Phase("test", 100), Phase("finetune", 100), Phase("test", 100)], clock)
    assert course.at("test", 1, 1, computed=False) == (0.3333, None)
    clock.now += 100
    assert course.at("finetune", 1, 1) == (0.6667, None), "no test was measured"
    clock.now += 50
    assert course.at("test", 1, 2) == (0.8333, 50.0)


def test_what_has_no_place_in_the_course_moves_nothing() -> None:
    course = Course([Phase("test", 1), Phase("graft", 1)], Clock())
    assert course.at("load", 1, 2) == (0.0, None)
    assert course.at("test", 1, 1)[0] == 0.5
    assert course.at("tokenise dev", 1, 1)[0] == 0.5
    assert course.at("test", 1, 1)[0] == 0.5, "the one test phase is over"
    assert course.at("graft", 1, 2)[0] == 0.75
    assert course.at("graft", 0, 0)[0] == 0.75


def test_fine_tuning_counts_every_forward_pass(task: data.TaskData) -> None:
    config = TrainConfig(steps=10, batch_size=4, eval_every=4)
    test, tune, again = of_fine_tuning(config, task, head_is_new=False)
    assert (test, again) == (Phase("test", 24), Phase("test", 24 + 8))
    assert tune == Phase("finetune", TRAINED * 40 + 4 * 8), "dev before, and at 4, 8 and 10"
    assert of_fine_tuning(config, task, head_is_new=True) == [tune, test, again]


def test_searches_are_at_most_those_that_a_bisection_takes() -> None:
    for total in (1, 2, 500, 335_520, 85_054_464):
        low, high, tried = 0, total, 1
        while high > max(low + 1, 1.02 * low):
            middle = max(low + 1, min(high - 1, round((max(low, 1) * high) ** 0.5)))
            low, tried = middle, tried + 1
        assert tried <= searches(total) <= tried + 3 or total < 3


@pytest.mark.parametrize(
    "graft",
    [
        {"sparsities": [0.05, 0.1], "eval_every": 2, "necessity": True},
        {"localizer": "fisher"},
        {"recover": 0.5, "learn": False},
    ],
)
def test_a_whole_run_comes_to_its_end(
    tmp_path: Path, model_folder: Path, task_folder: Path, tuned: Path, graft: dict[str, Any]
) -> None:
    """Every phase that a run goes through has its place: the share ends at 1."""
    ran = run_here(tmp_path / "runs" / "g", grafting(model_folder, task_folder, tuned, **graft))
    assert ran.code == 0, ran.place.events.read_text()
    done = [e.done for e in ran.events if isinstance(e, ev.Progress) and e.done is not None]
    assert done == sorted(done)
    assert (done[0] < 0.5, done[-1]) == (True, 1.0)


@pytest.mark.parametrize("kind", ["prompt", "finetune"])
def test_a_whole_fine_tuning_comes_to_its_end(
    tmp_path: Path, model_folder: Path, task_folder: Path, kind: str
) -> None:
    raw = finetuning(model_folder, task_folder)
    raw["task"] |= {"type": kind}
    ran = run_here(tmp_path / "runs" / "f", raw)
    done = [e.done for e in ran.events if isinstance(e, ev.Progress)]
    known = [share for share in done if share is not None]
    assert done[0] is None, "nothing is known of the work while the data loads"
    assert known == sorted(known)
    assert known[-1] == 1.0


def test_older_engines_say_only_their_phase() -> None:
    line = b'{"event":"progress","v":1,"seq":3,"t":1.0,"phase":"test","step":2,"total":5}'
    (said,), _ = ev.read(line + b"\n")
    assert isinstance(said, ev.Progress)
    assert (said.step, said.done, said.left_s) == (2, None, None)


def test_the_work_of_a_graft_by_hand(task: data.TaskData) -> None:
    config = GraftConfig(sparsities=(0.1, 0.2), steps=5, eval_every=5, localizer="learnt")
    first, second, *rest = of_graft(config, task, 1000)
    assert (first, second) == (Phase("test", 24), Phase("test", 24 + 8))
    graft = 5 * (TRAINED * 8 + 16 / 5)
    assert rest == [
        *(Phase("test", 16 + 24), Phase("graft", graft, 0.0, 0.5), Phase("test", 24)),
        *(Phase("test", 16 + 24), Phase("graft", graft, 0.5, 1.0), Phase("test", 24)),
    ]
