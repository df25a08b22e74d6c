"""A combination: each skill alone on its task, then several as one model on the tasks of all.

Owns the order of the work and what is written; the methods are in engine/graft/combining/, what is
foretold of their interference in engine/analysis/.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from engine import kinds
from engine.analysis.interference import Foretold, foretell
from engine.analysis.table import correlations
from engine.beside import beside
from engine.contract.combining import methods
from engine.contract.events import Evaluated, Finished
from engine.contract.kinds.combine import CombineConfig, check_inputs, check_settings
from engine.contract.layout import RunDir, write_json
from engine.contract.subjects import MODEL
from engine.course import Course, Phase
from engine.emit import Emitter, StopRequest
from engine.errors import ConfigError
from engine.evaluate import Outcome, recovery
from engine.graft.apply import installed, refuse_other
from engine.graft.combining import code_of
from engine.graft.combining.members import Member, members, sources, subsets
from engine.graft.combining.vectors import assembled, laid_out, refuse_apart
from engine.graft.flat import lay_flat
from engine.graft.skill import Skill, write
from engine.session import Session, begin

PRETRAINED, ALONE, COMBINED, INTERFERENCE = "pretrained", "alone", "combined", "interference"
"""Stages."""
OF_WEIGHTS = "weights"
"""The split of what is measured of weights, on no rows."""


@dataclass(frozen=True, slots=True)
class Blend:
    """A subset of the skills as one model."""

    name: str
    """Its skills, joined by "+"."""
    numbers: tuple[int, ...]
    """Which skills."""
    skill: Skill
    own: tuple[Skill, ...]
    """Of a method that gives each task weights of its own: what its skills get."""

    def of(self, at: int) -> Skill:
        """What is put in for the task of the subset's skill number `at`."""
        return self.own[at] if self.own else self.skill


@dataclass(slots=True)
class Bench:
    """What all parts of a run share."""

    config: CombineConfig
    session: Session
    members: Sequence[Member]
    asked: dict[str, Session]
    """Task -> a session of it."""
    pretrained: dict[str, Outcome] = field(default_factory=dict)
    """By task."""
    alone: dict[str, Outcome] = field(default_factory=dict)
    """By skill."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """What is foretold and measured of each subset."""


def run(config: CombineConfig, run_dir: RunDir, emit: Emitter, stop: StopRequest) -> Finished:
    """Combine what `config` names; skill files, answers and result.json in the run directory.

    Raises EngineError, or Cancelled. What is answered by then, the next attempt takes over.
    """
    since = time.monotonic()
    if trouble := check_settings(config) or check_inputs(config):
        raise ConfigError(*trouble)
    combine = methods()[config.method]
    made = sources(config)
    first = config.model_copy(update={"task": made[0].task})
    session = begin(first, run_dir, emit, stop, config.seed)
    known = members(made, config, session)
    for each in known:
        refuse_other(each.skill, session.model.lm)
    refuse_apart([each.skill for each in known])
    lay_flat(session.model.lm, session.maskable, torch.bfloat16 if session.bf16 else None)
    tasks = {each.task.name: each.task for each in known}
    asked = {name: beside(session, task, config.demo) for name, task in tasks.items()}
    bench = Bench(config, session, known, asked)
    wanted = list(subsets(len(known), config.subsets))
    emit.course = Course(_phases(bench, wanted))
    for task in asked:
        bench.pretrained[task] = _answers(bench, task, PRETRAINED)
        _announce(bench, PRETRAINED, task, bench.pretrained[task], {})
    for each in known:
        _alone(bench, each)

    def told(done: int, total: int) -> None:
        stop.check()
        emit.progress("foretell", done, total)

    foretold = foretell([each.skill for each in known], wanted, config.threshold, told)
    for numbers, prediction in zip(wanted, foretold, strict=True):
        emit.log(f"{combine.name} of {', '.join(known[n].name for n in numbers)}")
        _blended(bench, _blend(bench, numbers), prediction)
    summary = _write(bench)
    return Finished(seconds=round(time.monotonic() - since, 2), summary=summary)


def _phases(bench: Bench, wanted: Sequence[Sequence[int]]) -> list[Phase]:
    rows = {task: len(each.data.test) for task, each in bench.asked.items()}
    of = [rows[each.task.name] for each in bench.members]
    work = [*rows.values(), *of, *(of[number] for numbers in wanted for number in numbers)]
    return [Phase("test", rows_of) for rows_of in work]


def _answers(bench: Bench, task: str, whose: str) -> Outcome:
    """Of the network as it stands, to the test rows of a task."""
    session = bench.asked[task]
    emit, rows = session.emit, session.data.test

    def told(done: int, total: int) -> None:
        emit.progress("test", done, total)

    outcome, source = session.ask(task, rows, whose=whose, told=told)
    if source:
        emit.taken_over("test", len(rows), len(rows))
    return outcome


def _announce(
    bench: Bench, stage: str, task: str, outcome: Outcome, more: Mapping[str, float],
    subject: str = MODEL,
) -> dict[str, float]:  # fmt: skip
    scores = {**outcome.scores(), **more}
    return bench.asked[task].announce(stage, task, outcome, scores, subject=subject)


def _alone(bench: Bench, member: Member) -> None:
    """What each skill scores by itself."""
    task = member.task.name
    with installed(member.skill, bench.session.model.lm, verified=True):
        outcome = bench.alone[member.name] = _answers(bench, task, f"{member.name} alone")
    weights = {"weights": float(member.skill.info.weights)}
    _announce(bench, ALONE, task, outcome, weights, member.name)


def _blend(bench: Bench, numbers: Sequence[int]) -> Blend:
    """The combined skill of a subset, and of the whole set its file."""
    config, chosen = bench.config, [bench.members[number] for number in numbers]
    skills = [member.skill for member in chosen]
    scales = tuple(config.scales[number] for number in numbers) if config.scales else ()
    vectors = laid_out(skills)
    own_config = config.model_copy(update={"scales": scales})
    mixed = code_of(methods()[config.method])(vectors, own_config)
    whole = bool(config.finetuned)
    skill = assembled(skills, vectors, mixed, config.method, whole)
    own = tuple(
        assembled([member.skill], vectors, part, config.method, whole)
        for member, part in zip(chosen, mixed.own, strict=False)
    )
    if len(numbers) == len(bench.members):
        _write_skills(bench.session, skill, own, chosen)
    return Blend("+".join(member.name for member in chosen), tuple(numbers), skill, own)


def _write_skills(
    session: Session, skill: Skill, own: Sequence[Skill], chosen: Sequence[Member]
) -> None:
    path = session.run_dir.skill()
    names = [member.name for member in chosen[: len(own)]]
    paths = [path, *(path.with_name(f"skill-{name}.safetensors") for name in names)]
    for path, each in zip(paths, (skill, *own), strict=True):
        write(each, path)
        session.wrote(path.name, "skill")


def _blended(bench: Bench, blend: Blend, prediction: Foretold) -> None:
    """Scores of a subset as one model on each of its tasks, and its row of the table."""
    drops: dict[str, float] = {}
    scored: dict[str, dict[str, float]] = {}
    for at, number in enumerate(blend.numbers):
        member = bench.members[number]
        task = member.task.name
        with installed(blend.of(at), bench.session.model.lm, verified=True):
            outcome = _answers(bench, task, f"{blend.name} combined")
        alone, none = bench.alone[member.name], bench.pretrained[task]
        drops[member.name] = alone.score - outcome.score
        more = {
            "agreement": outcome.scores(like=alone)["agreement"],
            **recovery(outcome.score, alone.score, none.score),
            "drop": drops[member.name],
            "weights": float(blend.of(at).info.weights),
        }
        scored[member.name] = _announce(bench, COMBINED, task, outcome, more, blend.name)
    measures = prediction.measures | {"drop": sum(drops.values()) / len(drops)}
    bench.rows.append({
        "subset": blend.name, "skills": list(drops), **measures, "drops": drops,
        "layers": prediction.layers, "pairs": prediction.pairs, "scores": scored,
    })  # fmt: skip
    if len(blend.numbers) > 1:
        about = {"subject": blend.name, "stage": INTERFERENCE, "split": OF_WEIGHTS}
        bench.session.emit(Evaluated(**about, scores=measures))


def _write(bench: Bench) -> dict[str, float]:
    """answers.jsonl.gz and result.json; the summary."""
    session, rows = bench.session, bench.rows
    session.write_answers(list(bench.asked.values()))
    alone = [outcome.score for outcome in bench.alone.values()]
    last = rows[-1]
    metric = {each.name: bench.alone[each.name].metric for each in bench.members}
    summary = {
        PRETRAINED: _mean([bench.pretrained[each.task.name].score for each in bench.members]),
        ALONE: _mean(alone),
        COMBINED: _mean([last["scores"][name][metric[name]] for name in metric]),
        "drop": last["drop"],
        "weights": next(iter(last["scores"].values()))["weights"],
    }
    several = [row for row in rows if len(row["skills"]) > 1]
    write_json(session.run_dir.result, {
        "method": bench.config.method,
        "skills": [_about(each) for each in bench.members],
        "alone": {name: outcome.scores() for name, outcome in bench.alone.items()},
        "subsets": rows,
        "correlations": correlations(several),
        "summary": summary,
    })  # fmt: skip
    session.wrote(session.run_dir.result.name, "result")
    return summary


def _about(member: Member) -> dict[str, Any]:
    info = member.skill.info
    return {
        "name": member.name, "task": member.task.name, "path": member.path,
        "weights": info.weights, "config_hash": info.config_hash,
    }  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


kinds.register("combine", run)
