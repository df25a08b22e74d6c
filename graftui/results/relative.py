"""What each skill gains on each task, as a share of what fine-tuning on that task gains:

    Rel(i -> j) = (acc_j(graft i) - acc_j(pre)) / (acc_j(fine-tuned on j) - acc_j(pre))

acc_j is the metric on the test rows of task j, a mean over the seeds that skill i was tested with.
Owns which scores are of which skill and task. Where fine-tuning on j did not beat the pretrained
model there is nothing to gain: the share is undefined, whatever the skill scores.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from engine.contract.events import Stage
from graftui import kinds
from graftui.errors import UsageError
from graftui.measured import Score
from graftui.models import Run, RunStatus
from graftui.registry.store import Store
from graftui.results.cells import Cell, Row, Section, Table
from graftui.results.figures import asked, metric_of, rounded, subject
from graftui.results.heat_tables import shaded

_SAID = (
    "Rel(i -> j) = (graft i on j - pretrained on j) / (fine-tuned on j - pretrained on j), "
    "means over seeds",
    "undefined: fine-tuning on the task did not beat the pretrained model",
    "–: not tested, or no fine-tuned model of that task among the runs; n: skills a value is of",
)
_MADE_OF = "skills"
"""Role of the skills that a run puts into a model."""

Scored = dict[str, tuple[float, float]]
"""What the skills are -> the score of the pretrained model, and of that with them."""


@dataclass(frozen=True, slots=True)
class Relative:
    """The matrix."""

    skills: tuple[str, ...]
    tasks: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    """By skill, then by task; nan where undefined, None where not known."""
    counts: tuple[int, ...]
    """Of each row, how many skills, such as of several seeds, a value of it is a mean of; the most
    where they differ."""


@dataclass(frozen=True, slots=True)
class Known:
    """The runs to make it of, those that they are made from, and the scores of all."""

    chosen: tuple[Run, ...]
    all: Mapping[str, Run]
    scores: Mapping[str, Sequence[Score]]


def known(store: Store, runs: Sequence[Run]) -> Known:
    """`runs` that finished, with all that they are made from."""
    chosen = tuple(run for run in runs if run.status is RunStatus.finished)
    every = {run.id: run for run in chosen}
    ahead = list(chosen)
    while ahead:
        for id in map(_run_of, (given.source for given in ahead.pop().inputs)):
            if id not in every and (source := store.find(id)):
                every[id] = source
                ahead.append(source)
    return Known(chosen, every, store.scores(list(every)))


def _run_of(source: str) -> str:
    """A run itself, or what may be the id of one: the folder that a file is in."""
    return Path(source).parent.name if "/" in source else source


def relative(runs: Known) -> Relative:
    """The matrix of all skills and tasks of `runs`. Raises UsageError where there are none, or
    where runs of several models or shots are mixed.
    """
    tuned = _finetuned(runs)
    places: dict[str, dict[str, Scored]] = {}
    for run in runs.chosen:
        for label, skill, task, pair in _tested(run, runs):
            places.setdefault(label, {}).setdefault(task, {})[skill] = pair
    if not places:
        raise UsageError(
            "None of these runs has tested a skill.",
            "Give grafts, or runs of kind evaluate: graftui rel -f kind=evaluate.",
        )
    _refuse_mixed(runs)
    tasks = sorted({task for row in places.values() for task in row})
    values = tuple(
        tuple(_value(row.get(task), tuned.get(task)) for task in tasks) for row in places.values()
    )
    counts = tuple(max(map(len, row.values())) for row in places.values())
    return Relative(tuple(places), tuple(tasks), values, counts)


def _value(scored: Scored | None, tuned: Sequence[float] | None) -> float | None:
    if not scored or not tuned:
        return None
    none, graft = (fmean(column) for column in zip(*scored.values(), strict=True))
    full = fmean(tuned)
    return (graft - none) / (full - none) if full > none else math.nan


def _finetuned(runs: Known) -> dict[str, list[float]]:
    """Task -> what each model that was fine-tuned on it scores there, each model once."""
    by_model: dict[tuple[str, str], float] = {}
    for run in runs.all.values():
        stage = kinds.stage_of(run.kind, Stage.finetuned)
        maker = _maker(run, stage.of, runs.all)
        if maker is None:
            continue
        for score in runs.scores[run.id]:
            own = (score.what, score.split) == (Stage.finetuned, "test")
            if own and _task(maker) == _task(run):
                value = score.scores.get(metric_of(score.scores))
                if value is not None and math.isfinite(value):
                    by_model[maker.id, _task(run)] = value
    tuned: dict[str, list[float]] = {}
    for (_, task), value in by_model.items():
        tuned.setdefault(task, []).append(value)
    return tuned


def _maker(run: Run, role: str, all_runs: Mapping[str, Run]) -> Run | None:
    """The run that fine-tuned the model; the run itself where that is not known, None where it is
    not the run's and there is no such input."""
    if not role:
        return run
    sources = [given.source for given in run.inputs if given.role == role]
    if not sources:
        return None
    return all_runs.get(_run_of(sources[0]), run)


def _tested(run: Run, runs: Known) -> Iterator[tuple[str, str, str, tuple[float, float]]]:
    """Skills in words, what they are, task, and the scores of the pretrained model and of that
    with the skills."""
    scores = runs.scores[run.id]
    before = {s.split: s for s in scores if s.what == Stage.pretrained}
    stage = _result(run, scores)
    for score in scores:
        task = _task_of(run, score.split)
        if not (stage and task) or score.what != stage or score.split not in before:
            continue
        metric = metric_of(score.scores)
        pair = before[score.split].scores.get(metric), score.scores.get(metric)
        if pair[0] is not None and pair[1] is not None:
            label, skill = _skills(run, score, runs)
            yield label, skill, task, (pair[0], pair[1])


def _result(run: Run, scores: Sequence[Score]) -> str:
    """The stage that is the model with skills in it; empty: the run has none."""
    whole = (Stage.pretrained, Stage.finetuned)
    has = {score.what for score in scores}
    stages = (stage for stage in kinds.shown(run.kind).result if stage not in whole)
    return next((stage for stage in stages if stage in has), "")


def _task_of(run: Run, split: str) -> str:
    """The task that rows are of; empty: of none, such as those that models are chosen by."""
    if split == "test":
        return _task(run)
    others = (*run.config.get("task", {}).get("also_test", ()), *run.config.get("tasks", ()))
    return split if split in others else ""


def _task(run: Run) -> str:
    return str(run.config.get("task", {}).get("name", ""))


def _skills(run: Run, score: Score, runs: Known) -> tuple[str, str]:
    """The skills that were in the model, in words, and what they are: by the runs that made them,
    or their files."""
    given = [each.source for each in run.inputs if each.role == _MADE_OF]
    if not given:
        at = score.sparsity
        return _named(run, at), f"{run.id}@{at}"
    names, made = zip(*sorted(_skill(source, runs) for source in given), strict=True)
    return " + ".join(names), " ".join(made)


def _skill(source: str, runs: Known) -> tuple[str, str]:
    made = runs.all.get(_run_of(source))
    if made is None:
        return Path(source).name, source
    stem = Path(source).stem.removeprefix("skill").removeprefix("-") if "/" in source else ""
    asked_for = stem or made.config.get("sparsity")
    at = None if asked_for is None else float(asked_for)
    return _named(made, at), f"{made.id}@{at}"


def _named(run: Run, sparsity: float | None) -> str:
    at = "" if sparsity is None else f" at {asked(sparsity)}"
    return f"{_task(run)}  {subject(run)}{at}"


def _refuse_mixed(runs: Known) -> None:
    """Raises UsageError where models, types of task or shots differ: a matrix of these would be
    the matrix of nothing."""
    for path in ("model.name", "task.type", "task.k"):
        section, name = path.split(".")
        values = {json.dumps(run.config.get(section, {}).get(name)): run for run in runs.chosen}
        if len(values) > 1:
            (first, before), (second, after) = list(values.items())[:2]
            raise UsageError(
                f"{path} is {first} of {before.id} and {second} of {after.id}.",
                f"Choose runs of one: graftui rel -f '{path} = {first.strip(chr(34))}'.",
            )


def table(matrix: Relative) -> Table:
    """The matrix as a table with shades."""
    lines = [
        Row(label, (*map(_cell, values), Cell(str(count), count)))
        for label, values, count in zip(matrix.skills, matrix.values, matrix.counts, strict=True)
    ]
    heads = (*matrix.tasks, "n")
    return Table(heads, (Section("", tuple(lines)),), "skill i, on task j", _SAID)


def _cell(value: float | None) -> Cell:
    if value is not None and math.isnan(value):
        return Cell(rounded(value), value)
    return shaded(value, "{:.2f}".format, most=1.0)


def plain(matrix: Relative) -> dict[str, Any]:
    """For programs; what is undefined is nan, which JSON says as `not_finite`."""
    return {
        "skills": list(matrix.skills),
        "tasks": list(matrix.tasks),
        "rel": [list(row) for row in matrix.values],
        "n": list(matrix.counts),
    }
