"""Retraining: fine-tuning from the pretrained network where only a region of the weights moves.

Owns the order of the work and what is written: a skill file, no checkpoint, since all other
weights are the pretrained ones. The training is that of a fine-tuning (engine/training/); with
everything as its region it is one, bit for bit.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import kinds
from engine.artifacts import save_logits
from engine.contract.events import Finished, Stage
from engine.contract.kinds.retrain import RetrainConfig, check_settings
from engine.contract.layout import RunDir, write_json
from engine.course import Course, Phase
from engine.emit import Emitter, StopRequest
from engine.errors import Cancelled, ConfigError
from engine.evaluate import recovery
from engine.graft.apply import installed
from engine.graft.map import Located, write_map
from engine.graft.regions import Ground, Region, find
from engine.graft.report import Scores, Tests
from engine.graft.retrained import skill_of
from engine.graft.skill import load, write
from engine.graft.tuned import Tuned
from engine.models import LinearModel
from engine.session import Session, begin
from engine.training.best import BestWeights
from engine.training.generators import generators, go_on_drawing
from engine.training.moving import Within
from engine.training.tune import phases, tune


@dataclass(frozen=True, slots=True)
class Bench:
    """What a retraining works with."""

    session: Session
    config: RetrainConfig
    region: Region
    within: Within
    best: BestWeights
    tuned: Tests
    """Answers of the fully fine-tuned model to the test sets; none where none was given."""
    differs: bool
    """Whether that is another than the pretrained one."""


def run(config: RetrainConfig, run_dir: RunDir, emit: Emitter, stop: StopRequest) -> Finished:
    """Retrain as `config` says; the skill file and result.json in the run directory.

    Raises EngineError, or Cancelled; of both Cancelled and Diverged after writing the best skill
    so far. A state that an earlier attempt saved is gone on from.
    """
    since = time.monotonic()
    if trouble := check_settings(config):
        raise ConfigError(*trouble)
    session = begin(config, run_dir, emit, stop, config.train.seed)
    emit.course = Course(_phases(session, config))
    bench = _bench(session, config)
    head_is_new = isinstance(session.model, LinearModel)
    pretrained = {} if head_is_new else session.test(whose=Stage.pretrained)
    if pretrained:
        session.announce_tests(Stage.pretrained, pretrained)
    path = run_dir.skill()
    training = tune(session, config.train, bench.best, bench.within, lambda: _keep(bench, path))
    try:
        summary = _scored(bench, pretrained, path)
    except Cancelled:  # of the next attempt, what is trained is not to be trained again
        session.states.save(training.step, training.stored())
        raise
    return Finished(seconds=round(time.monotonic() - since, 2), summary=summary)


def _phases(session: Session, config: RetrainConfig) -> list[Phase]:
    course = phases(config.train, session.data, isinstance(session.model, LinearModel))
    test = sum(map(len, session.data.tests.values())) + len(session.data.dev)
    return [Phase("test", test), *course] if config.finetuned.path else course


def _bench(session: Session, config: RetrainConfig) -> Bench:
    """The region found, and the answers of the fine-tuned model, where there is one.

    The training draws as if nothing had come before: it is to be the fine-tuning's own.
    """
    drawn = generators()
    tuned = Tuned(session, config)
    lm = session.model.lm
    maskable = {name: lm.get_parameter(name).detach() for name in session.maskable}
    region = find(Ground(maskable, session.weights, tuned.weights), config.region)
    share = len(region) / region.maskable
    session.emit.log(
        f"retraining {len(region):,} of {region.maskable:,} maskable weights ({share:.3%}) in "
        f"{len(region.indices)} tensors: {config.region.source}"
    )
    values = None
    if config.signs == "finetuned":
        values = {n: tuned.weights()[n].flatten()[at] for n, at in region.indices.items()}
    outcomes = tuned.tested() if config.finetuned.path else {}
    differs = bool(outcomes) and tuned.differs()
    go_on_drawing(drawn)
    within = Within(session.model, region.indices, values)
    return Bench(session, config, region, within, BestWeights(within.parameters), outcomes, differs)


def _keep(bench: Bench, path: Path) -> None:
    """Write the skill that the model has."""
    write(skill_of(bench.session, bench.config, bench.region, bench.within, bench.best), path)
    bench.session.wrote(path.name, "skill")


def _scored(bench: Bench, pretrained: Tests, path: Path) -> dict[str, float]:
    """Scores of what is retrained, announced and in result.json; the few that a table shows.

    What is scored is what was stored. `pretrained`: none where the head is new, as in a
    fine-tuning: the pretrained network is then scored under the trained head.
    """
    session, config = bench.session, bench.config
    bench.within.undo()
    if not pretrained:
        pretrained = session.test(whose=Stage.pretrained)
        session.announce_tests(Stage.pretrained, pretrained)
    with installed(load(path), session.model.lm, verified=True):
        retrained = _tested(bench, pretrained)
        dev = session.dev()
    session.announce(Stage.retrained, "dev", dev)
    session.write_answers()
    counts = bench.region.counts
    located = [Located(Stage.retrained, {}, path.name, counts)]
    write_map(
        session.run_dir.map, config.model.name, session.weights, bench.region.sizes, located,
        session.model.lm,
    )  # fmt: skip
    session.wrote(session.run_dir.map.name, "map")
    if config.compute.save_logits:
        save_logits(session)
    return _result(bench, pretrained, retrained)


def _tested(bench: Bench, pretrained: Tests) -> Scores:
    """The retrained model on each test set: its size, and beside the fine-tuned one recovery and
    agreement."""
    weights, scored = len(bench.region), Scores()
    size = {"weights": float(weights), "fraction": weights / bench.region.maskable}
    for name, outcome in bench.session.test().items():
        full = bench.tuned.get(name)
        scores = outcome.scores(like=full) | size
        if full:
            metric = scores[bench.session.data.metric]
            scores |= recovery(metric, full.score, pretrained[name].score, bench.differs)
        scored[name] = bench.session.announce(Stage.retrained, name, outcome, scores)
    return scored


def _result(bench: Bench, pretrained: Tests, retrained: Scores) -> dict[str, float]:
    metric, first = bench.session.data.metric, next(iter(retrained))
    whole: dict[str, Tests] = {"pretrained": pretrained}
    whole |= {"finetuned": bench.tuned} if bench.tuned else {}
    scores: dict[str, Any] = {
        stage: {name: outcome.scores() for name, outcome in outcomes.items()}
        for stage, outcomes in whole.items()
    }
    scores["retrained"] = retrained
    summary = {stage: scored[first][metric] for stage, scored in scores.items()}
    summary |= {"dev": bench.best.score, "best_step": float(bench.best.step)}
    names = ("recovery", "agreement", "ece", "weights", "fraction")
    summary |= {name: retrained[first][name] for name in names if name in retrained[first]}
    region = {"source": bench.config.region.source, "counts": bench.region.counts}
    written = {**scores, "region": region, "summary": summary}
    write_json(bench.session.run_dir.result, written)
    bench.session.wrote("result.json", "result")
    return summary


kinds.register("retrain", run)
