"""What each skill gains on each task, as a share of what fine-tuning on that task gains:

    Rel(i -> j) = (acc_j(graft i) - acc_j(pre)) / (acc_j(fine-tuned on j) - acc_j(pre))

acc_j is the metric on the test rows of task j, a mean over the seeds that skill i was tested with.
Owns which scores are of which skill and task; its interval is that of the answers, where all that a
cell is made of was asked the same rows (statistics/gains.py). Where fine-tuning on j did not beat
the pretrained model there is nothing to gain: the share is undefined, whatever the skill scores.
As a table: relative_tables.py.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from engine.contract.events import Stage
from graftui import kinds
from graftui.errors import UsageError
from graftui.measured import Score
from graftui.models import Run, RunStatus
from graftui.registry.store import Store
from graftui.results.answered import Answered
from graftui.results.figures import asked, metric_of, subject
from graftui.results.paired import Outcome

if TYPE_CHECKING:  # it imports numpy
    from graftui.results.statistics.intervals import Interval

_MADE_OF = "skills"
"""Role of the skills that a run puts into a model."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What skills do on a task."""

    metric: str
    before: Outcome
    """Of the pretrained model."""
    after: Outcome
    """Of that with them in it."""
    maker: str
    """The run that fine-tuned what the one skill was cut from; empty: several skills, or not
    known."""


Scored = dict[str, Gain]
"""What the skills are -> what they do."""
Tuned = dict[str, Outcome]
"""Run that fine-tuned a model -> what that scores."""


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
    intervals: "tuple[tuple[Interval | None, ...], ...]" = ()
    """As `values`; empty: nobody asked."""


@dataclass(frozen=True, slots=True)
class Known:
    """The runs to make it of, those that they are made from, and the scores of all."""

    chosen: tuple[Run, ...]
    all: Mapping[str, Run]
    scores: Mapping[str, Sequence[Score]]
    answered: Answered | None = None
    """What they answered, of which intervals are made; None: there are to be none."""

    def outcome(self, run: Run, score: Score, metric: str) -> Outcome | None:
        """A figure of `score`; None where it has none."""
        value = score.scores.get(metric)
        if value is None or not math.isfinite(value):
            return None
        return Outcome(value, self.answered.of(run, score) if self.answered else None)


def known(store: Store, runs: Sequence[Run], answered: Answered | None = None) -> Known:
    """`runs` that finished, with all that they are made from."""
    chosen = tuple(run for run in runs if run.status is RunStatus.finished)
    every = {run.id: run for run in chosen}
    ahead = list(chosen)
    while ahead:
        for id in map(_run_of, (given.source for given in ahead.pop().inputs)):
            if id not in every and (source := store.find(id)):
                every[id] = source
                ahead.append(source)
    return Known(chosen, every, store.scores(list(every)), answered)


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
    cells = [[(row.get(task), tuned.get(task)) for task in tasks] for row in places.values()]
    values = tuple(tuple(_value(*cell) for cell in row) for row in cells)
    counts = tuple(max(map(len, row.values())) for row in places.values())
    asked_for = cells if runs.answered else []
    intervals = tuple(tuple(_interval(*cell) for cell in row) for row in asked_for)
    return Relative(tuple(places), tuple(tasks), values, counts, intervals)


def _value(scored: Scored | None, tuned: Tuned | None) -> float | None:
    if not scored or not tuned:
        return None
    none, graft = (
        fmean(each.value for each in column)
        for column in ([g.before for g in scored.values()], [g.after for g in scored.values()])
    )
    full = fmean(model.value for model in tuned.values())
    return (graft - none) / (full - none) if full > none else math.nan


def _interval(scored: Scored | None, tuned: Tuned | None) -> "Interval | None":
    """None where not all left answers to the same rows, or the tasks' score is none of answers."""
    from graftui.results.statistics import gains
    from graftui.results.statistics.joining import same_rows
    from graftui.results.statistics.measures import METRICS

    if not scored or not tuned:
        return None
    skills = sorted(scored.values(), key=lambda gain: gain.maker)
    models = [tuned[maker] for maker in sorted(tuned)]
    outcomes = [*(g.before for g in skills), *(g.after for g in skills), *models]
    rows = same_rows([outcome.answers for outcome in outcomes])
    metrics = {gain.metric for gain in skills}
    if rows is None or len(metrics) > 1 or not metrics < METRICS.keys():
        return None
    count = len(skills)
    paired = [gain.maker for gain in skills] == sorted(tuned)
    before, ours, whole = rows[:count], rows[count : 2 * count], rows[2 * count :]
    return gains.interval(before, ours, whole, paired, metrics.pop())


def _finetuned(runs: Known) -> dict[str, Tuned]:
    """Task -> what each model that was fine-tuned on it scores there, each model once."""
    tuned: dict[str, Tuned] = {}
    for run in runs.all.values():
        stage = kinds.stage_of(run.kind, Stage.finetuned)
        maker = _maker(run, stage.of, runs.all)
        if maker is None:
            continue
        for score in runs.scores[run.id]:
            own = (score.what, score.split) == (Stage.finetuned, "test")
            outcome = runs.outcome(run, score, metric_of(score.scores))
            if own and outcome and _task(maker) == _task(run):
                models = tuned.setdefault(_task(run), {})
                if maker.id not in models or models[maker.id].answers is None:
                    models[maker.id] = outcome
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


def _tested(run: Run, runs: Known) -> Iterator[tuple[str, str, str, Gain]]:
    """Skills in words, what they are, task, and what they do on it."""
    scores = runs.scores[run.id]
    before = {s.split: s for s in scores if s.what == Stage.pretrained}
    stage = _result(run, scores)
    for score in scores:
        task = _task_of(run, score.split)
        if not (stage and task) or score.what != stage or score.split not in before:
            continue
        metric = metric_of(score.scores)
        none, graft = (runs.outcome(run, s, metric) for s in (before[score.split], score))
        if none and graft:
            label, skill = _skills(run, score, runs)
            yield label, skill, task, Gain(metric, none, graft, _origin(run, runs))


def _origin(run: Run, runs: Known) -> str:
    """The run that fine-tuned the model that its one skill was cut from."""
    given = [each.source for each in run.inputs if each.role == _MADE_OF]
    made = runs.all.get(_run_of(given[0])) if len(given) == 1 else None if given else run
    role = kinds.stage_of(made.kind, Stage.finetuned).of if made else ""
    maker = _maker(made, role, runs.all) if made and role else None
    return maker.id if maker else ""


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
