"""An evaluation: the pretrained model, a fine-tuned one and what lies between, and the model with
skills in it, each on all the tasks that are asked for.

Owns the order of the work and what is written.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from engine import kinds, loading
from engine.artifacts import save_logits
from engine.beside import around, beside
from engine.contract.events import Finished, Labels, Stage
from engine.contract.kinds.evaluate import EvaluateConfig, check_settings, further, task_beside
from engine.contract.layout import RunDir, write_json
from engine.contract.made_from import check_finetuned
from engine.course import Course, Phase
from engine.emit import Emitter, StopRequest
from engine.errors import ConfigError
from engine.evaluate import Outcome, recovery
from engine.graft.flat import lay_flat
from engine.graft.several import all_installed, check_together
from engine.graft.skill import Skill, load
from engine.models import LinearModel
from engine.models.interpolate import interpolations
from engine.session import Session, begin

INTERPOLATED, WISE_FT, GRAFTED = "interpolated", "wise_ft", "grafted"
"""Stages beside those of other kinds."""
Scores = dict[str, dict[str, float]]
"""By test set: metric -> value."""


@dataclass(frozen=True, slots=True)
class Tested:
    """What one set of weights answered."""

    dev: Outcome
    tests: Mapping[str, Outcome]
    """By test set, that of task.name first."""


@dataclass(slots=True)
class Bench:
    """What all sets of weights of a run share."""

    config: EvaluateConfig
    sessions: Sequence[Session]
    """That of task.name, then one of each further task."""
    whole: dict[str, Tested] = field(default_factory=dict)
    """The pretrained and the fine-tuned model, once they have answered."""
    tuned: bool = True
    """Whether the fine-tuned model differs from the pretrained one."""
    result: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, float] = field(default_factory=dict)


def run(config: EvaluateConfig, run_dir: RunDir, emit: Emitter, stop: StopRequest) -> Finished:
    """Score what `config` asks for; answers.jsonl.gz and result.json in the run directory.

    Raises EngineError, or Cancelled. What is answered by then, the next attempt takes over.
    """
    since = time.monotonic()
    path = config.finetuned.path
    if trouble := check_settings(config) or (check_finetuned(path) if path else None):
        raise ConfigError(*trouble)
    skills = [load(Path(each).expanduser()) for each in config.skills]
    session = begin(config, run_dir, emit, stop, seed=0)
    check_together(skills, session.model.lm)
    others = [beside(session, task_beside(config.task, n), config.demo) for n in further(config)]
    bench = Bench(config, (session, *others))
    emit.course = Course(_phases(bench))
    _take_head(session, config, skills)
    _announce(bench, Stage.pretrained, _answers(bench.sessions, Stage.pretrained))
    if path:
        _finetuned(bench)
    if skills:
        _grafted(bench, skills)
    _write(bench)
    return Finished(seconds=round(time.monotonic() - since, 2), summary=bench.summary)


def _phases(bench: Bench) -> list[Phase]:
    rows = sum(len(rows) for each in bench.sessions for rows in each.data.tests.values())
    config = bench.config
    models = 1 + bool(config.finetuned.path) + len(config.alphas) + bool(config.skills)
    return [Phase("test", rows)] * models


def _take_head(session: Session, config: EvaluateConfig, skills: Sequence[Skill]) -> None:
    """Give a linear model the head of the fine-tuned one, or else of the skill: the pretrained
    network has none, and what is trained starts from it."""
    if not isinstance(session.model, LinearModel):
        return
    if config.finetuned.path:
        session.model.load_head(Path(config.finetuned.path).expanduser())
    else:
        _put_head(session.model, skills[0])


def _put_head(model: LinearModel, skill: Skill) -> None:
    """Raises ConfigError if the skill has no head for the task."""
    try:
        model.head.load_state_dict(skill.head)
    except RuntimeError as error:
        raise ConfigError(
            f"the skill of {skill.info.task} has no linear head for this task: "
            f"{str(error).splitlines()[0]}",
            "give a skill that was cut with task.type=finetune, on a task of the same labels",
        ) from None


def _answers(sessions: Sequence[Session], stage: str) -> Tested:
    """Of the sessions' models as they stand."""
    total = sum(len(rows) for each in sessions for rows in each.data.tests.values())
    emit, tests, done = sessions[0].emit, {}, 0

    def told(rows: int, _: int) -> None:
        emit.progress("test", done + rows, total)

    dev = sessions[0].dev(whose=stage)
    for session in sessions:
        for name, rows in session.data.tests.items():
            tests[name], source = session.ask(name, rows, whose=stage, told=told)
            done += len(rows)
            if source:
                emit.taken_over("test", done, total)
    return Tested(dev, tests)


def _announce(
    bench: Bench,
    stage: str,
    tested: Tested,
    labels: Labels = {},  # noqa: B006
    more: Mapping[str, float] = {},  # noqa: B006
) -> Scores:
    """Emit the scores of one set of weights on every task, and keep them for the result."""
    session = bench.sessions[0]
    session.announce(stage, "dev", tested.dev, labels=labels)
    announced: Scores = {}
    for each in bench.sessions:
        for name in each.data.tests:
            scores = {**_beside_whole(bench, stage, name, tested.tests[name]), **more}
            announced[name] = each.announce(stage, name, tested.tests[name], scores, labels)
    if stage in (Stage.pretrained, Stage.finetuned):
        bench.whole[stage] = tested
    if not labels:
        bench.result[stage] = announced
        first = next(iter(tested.tests))
        bench.summary[str(stage)] = announced[first][session.data.metric]
        bench.summary["dev"] = tested.dev.score
    return announced


def _beside_whole(bench: Bench, stage: str, split: str, outcome: Outcome) -> dict[str, float]:
    """Scores of a test set; beside a fine-tuned model agreement with it, and recovery."""
    if Stage.finetuned not in bench.whole:
        return outcome.scores()
    full, none = (bench.whole[s].tests[split] for s in (Stage.finetuned, Stage.pretrained))
    gained = recovery(outcome.score, full.score, none.score, bench.tuned)
    return outcome.scores(like=full) | gained


def _finetuned(bench: Bench) -> None:
    """The fine-tuned model, and what lies between it and the pretrained one."""
    config, session = bench.config, bench.sessions[0]
    lm = loading.finetuned(config.model, config.task.type, config.finetuned.path, session.model.lm)
    sessions = [around(each, lm, config.task.head) for each in bench.sessions]
    own = dict(session.model.lm.named_parameters())
    bench.tuned = any(not p.equal(own[name]) for name, p in lm.named_parameters())
    for each in sessions:
        if isinstance(each.model, LinearModel):
            each.model.load_head(Path(config.finetuned.path).expanduser())
    _announce(bench, Stage.finetuned, _answers(sessions, Stage.finetuned))
    between: dict[float, Tested] = {}
    for alpha in interpolations(session.model.lm, lm, config.alphas):
        between[alpha] = _answers(sessions, INTERPOLATED)
        scores = _announce(bench, INTERPOLATED, between[alpha], {"alpha": alpha})
        bench.result.setdefault(INTERPOLATED, {})[f"{alpha:g}"] = scores
    if between:
        best = best_alpha({alpha: tested.dev for alpha, tested in between.items()})
        _announce(bench, WISE_FT, between[best], more={"alpha": best})
        bench.summary["alpha"] = best


def best_alpha(dev: Mapping[float, Outcome]) -> float:
    """The alpha of the best score on dev; of several the one of the least loss there, and of
    these the smallest."""
    scored = {alpha: outcome.scores() for alpha, outcome in dev.items()}

    def rank(alpha: float) -> tuple[float, float, float]:
        return -dev[alpha].score, scored[alpha]["loss"], alpha

    return min(dev, key=rank)


def _grafted(bench: Bench, skills: Sequence[Skill]) -> None:
    """The pretrained model with the skills in it."""
    session = bench.sessions[0]
    lay_flat(session.model.lm, session.maskable, torch.bfloat16 if session.bf16 else None)
    if isinstance(session.model, LinearModel):
        _put_head(session.model, skills[0])
    weights = float(sum(skill.info.weights for skill in skills))
    with all_installed(skills, session.model.lm):
        tested = _answers(bench.sessions, GRAFTED)
    fraction = weights / max(1, max(skill.info.maskable for skill in skills))
    _announce(bench, GRAFTED, tested, more={"weights": weights, "fraction": fraction})
    bench.summary["weights"] = weights
    bench.result["skills"] = [
        {
            "path": path,
            "task": skill.info.task,
            "weights": skill.info.weights,
            "config_hash": skill.info.config_hash,
        }
        for path, skill in zip(bench.config.skills, skills, strict=True)
    ]


def _write(bench: Bench) -> None:
    session, *others = bench.sessions
    session.write_answers(others)
    if bench.config.compute.save_logits:
        save_logits(session)
    write_json(session.run_dir.result, {**bench.result, "summary": bench.summary})
    session.wrote(session.run_dir.result.name, "result")


kinds.register("evaluate", run)
