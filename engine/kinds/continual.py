"""Continual learning: each task after the last one, twice over.

`sequential` fine-tunes on, from the weights that the last task left. `grafts` fine-tunes each task
from the pretrained model, cuts its graft against that, and combines all grafts so far: no row of an
earlier task is seen again by either. Owns the order of the work and what is written.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from engine import kinds
from engine.analysis.transfer import measures
from engine.artifacts import write_checkpoint
from engine.beside import beside
from engine.continual.grafts import graft
from engine.continual.trainings import Trainings, Weights, put, taken
from engine.contract.combining import methods
from engine.contract.events import Finished
from engine.contract.identity import config_hash
from engine.contract.kinds.combine import CombineConfig
from engine.contract.kinds.continual import ContinualConfig, check_settings
from engine.contract.layout import RunDir, write_json
from engine.contract.subjects import MODEL
from engine.course import TRAINED, Course, Phase
from engine.emit import Emitter, StopRequest
from engine.errors import ConfigError
from engine.graft.apply import installed
from engine.graft.combining import code_of
from engine.graft.combining.vectors import assembled, laid_out
from engine.graft.mask import budget
from engine.graft.skill import Skill, write
from engine.session import Session, begin

PRETRAINED, FINETUNED, SEQUENTIAL, GRAFTS = "pretrained", "finetuned", "sequential", "grafts"
"""Stages."""
PREFIX = "lm."
"""Of the network's weights within the model that answers."""


@dataclass(slots=True)
class Bench:
    """What all steps share."""

    config: ContinualConfig
    session: Session
    asked: Mapping[str, Session]
    """Task -> a session of it, in the order of the sequence."""
    trainings: Trainings
    pretrained: Weights
    skills: list[Skill] = field(default_factory=list)
    matrices: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    """Arm -> after each step the score on each task."""


def run(config: ContinualConfig, run_dir: RunDir, emit: Emitter, stop: StopRequest) -> Finished:
    """Learn the tasks as `config` says; skill files, checkpoint/ (of `sequential`) and result.json.

    Raises EngineError, or Cancelled: the next attempt goes on within the training that was stopped.
    """
    since = time.monotonic()
    if trouble := check_settings(config):
        raise ConfigError(*trouble)
    first = config.model_copy(update={"task": config.task_of(config.task.name)})
    session = begin(first, run_dir, emit, stop, config.train.seed)
    asked = {name: beside(session, config.task_of(name), config.demo) for name in config.sequence}
    trainings = Trainings(session, config.train, config_hash(config))
    bench = Bench(config, session, asked, trainings, taken(session))
    budget(config.sparsity, sum(map(torch.numel, bench.pretrained.values())), "continual.sparsity")
    emit.course = Course(_phases(bench))
    before = _scored(bench, PRETRAINED, PRETRAINED)
    weights = bench.pretrained
    for number, name in enumerate(config.sequence, 1):
        emit.log(f"task {number} of {len(asked)}: {name}")
        weights = _learn(bench, number, name, weights)
    put(session, weights)
    write_checkpoint(session, run_dir.checkpoint)
    summary = _write(bench, before)
    trainings.clear()
    return Finished(seconds=round(time.monotonic() - since, 2), summary=summary)


def _phases(bench: Bench) -> list[Phase]:
    config = bench.config.train
    tests = [Phase("test", len(each.data.test)) for each in bench.asked.values()]
    course = [*tests]
    for number, each in enumerate(bench.asked.values()):
        work = TRAINED * config.steps * config.batch_size
        work += (1 + config.steps // config.eval_every) * len(each.data.dev)
        training = Phase("finetune", work)
        course += [training, *tests, *([training] if number else []), tests[number], *tests]
    return course


def _learn(bench: Bench, number: int, name: str, last: Weights) -> Weights:
    """One more task, in both ways; the weights that fine-tuning on has come to."""
    session = bench.asked[name]
    weights = bench.trainings.weights(f"{number}-{SEQUENTIAL}", session, last)
    _note(bench, SEQUENTIAL, number, _scored(bench, SEQUENTIAL, SEQUENTIAL, number))
    alone = weights
    if number > 1:
        alone = bench.trainings.weights(f"{number}-{FINETUNED}", session, bench.pretrained)
    _announce(bench, FINETUNED, name, FINETUNED)
    put(session, bench.pretrained)
    bench.skills.append(_graft(bench, name, alone))
    _note(bench, GRAFTS, number, _grafted(bench, number))
    return weights


def _graft(bench: Bench, name: str, tuned: Weights) -> Skill:
    config = bench.config
    pre, post = (
        {key.removeprefix(PREFIX): value for key, value in weights.items()}
        for weights in (bench.pretrained, tuned)
    )
    skill = graft(pre, post, config.sparsity, config.task_of(name), config.model)
    path = bench.session.run_dir.skill()
    path = path.with_name(f"skill-{name}.safetensors")
    write(skill, path)
    bench.session.wrote(path.name, "skill")
    return skill


def _grafted(bench: Bench, number: int) -> dict[str, float]:
    """Scores of the grafts so far as one model, on each task."""
    config, skills = bench.config, bench.skills
    vectors = laid_out(skills)
    mixed = code_of(methods()[config.method])(vectors, CombineConfig(method=config.method))
    blend = assembled(skills, vectors, mixed, config.method)
    own = [assembled(skills, vectors, each, config.method) for each in mixed.own]
    scores = {}
    for at, name in enumerate(bench.asked):
        with installed(own[at] if at < len(own) else blend, bench.session.model.lm, verified=True):
            scores[name] = _announce(bench, GRAFTS, name, GRAFTS, number)
    if number == len(bench.asked):
        write(blend, bench.session.run_dir.skill())
        bench.session.wrote(bench.session.run_dir.skill().name, "skill")
    return scores


def _scored(bench: Bench, stage: str, whose: str, number: int = 0) -> dict[str, float]:
    """Scores of the model as it stands on each task."""
    return {name: _announce(bench, stage, name, whose, number) for name in bench.asked}


def _announce(bench: Bench, stage: str, name: str, whose: str, number: int = 0) -> float:
    """The task's metric; `number`: of tasks that are learnt by then, 0: not said."""
    session = bench.asked[name]

    def told(done: int, total: int) -> None:
        session.emit.progress("test", done, total)

    outcome, _ = session.ask(name, session.data.test, whose=whose, told=told)
    subject = f"after {number}" if number else MODEL
    session.announce(stage, name, outcome, subject=subject)
    return outcome.score


def _note(bench: Bench, arm: str, number: int, scores: dict[str, float]) -> None:
    """Keep a row of an arm's matrix, and a point of each task's curve."""
    bench.matrices.setdefault(arm, []).append(scores)
    for name, score in scores.items():
        metric = bench.asked[name].data.metric
        bench.session.emit.metric(number, {f"{arm}/{metric}": score}, {"task": name})


def _write(bench: Bench, before: dict[str, float]) -> dict[str, float]:
    """answers.jsonl.gz and result.json; the summary."""
    session, names = bench.session, list(bench.asked)
    session.write_answers(list(bench.asked.values()))
    told: dict[str, Any] = {}
    summary = {PRETRAINED: sum(before.values()) / len(before)}
    for arm, rows in bench.matrices.items():
        scores = [[row[name] for name in names] for row in rows]
        known = measures(scores, [before[name] for name in names])
        told[arm] = {"matrix": scores, "measures": known}
        summary[arm] = known.pop("average")
        summary |= {f"{arm}_{name}": value for name, value in known.items()}
        known["average"] = summary[arm]
    write_json(session.run_dir.result, {
        "tasks": names, "pretrained": before, "method": bench.config.method, **told,
        "summary": summary,
    })  # fmt: skip
    session.wrote(session.run_dir.result.name, "result")
    return summary


kinds.register("continual", run)
