"""A control run: a graft's region and random ones, put into the pretrained model and taken out of
the fine-tuned one.

Owns the order of the work and what is written. Learns nothing: it is as long as its evaluations.
"""

import gc
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import torch

from engine import kinds
from engine.contract.events import Finished, Labels, Stage
from engine.contract.kinds.control import ControlConfig, check_grafted
from engine.contract.layout import RunDir, write_json
from engine.contract.made_from import check_finetuned
from engine.course import Course, Phase
from engine.emit import Emitter, StopRequest
from engine.errors import ConfigError
from engine.evaluate import recovery
from engine.graft.delta import Delta
from engine.graft.necessity import without
from engine.graft.regions import Region
from engine.graft.regions.random import alike
from engine.graft.regions.skill import region_at
from engine.graft.report import Scores, Tests
from engine.graft.tuned import load_tuned
from engine.models import LinearModel
from engine.session import Session, begin

REGION, RANDOM = "region", "random_region"


@dataclass(frozen=True, slots=True)
class _Bench:
    """What all regions are scored on."""

    session: Session
    delta: Delta
    whole: dict[str, Tests]
    """Of the pretrained and the fine-tuned model."""
    differs: bool
    """Whether these two do."""


def run(config: ControlConfig, run_dir: RunDir, emit: Emitter, stop: StopRequest) -> Finished:
    """Score the regions; result.json and the answers in the run directory.

    Raises EngineError, or Cancelled.
    """
    since = time.monotonic()
    if trouble := check_finetuned(config.finetuned.path) or check_grafted(config.grafted.path):
        raise ConfigError(*trouble)
    session = begin(config, run_dir, emit, stop, config.seed)
    if isinstance(session.model, LinearModel):
        session.model.load_head(Path(config.finetuned.path).expanduser())
    emit.course = Course(_phases(config, session))
    lm = session.model.lm
    sizes = {name: lm.get_parameter(name).numel() for name in session.maskable}
    region = region_at(config.grafted.path, sizes, "grafted.path")
    bench = _bench(session, config)
    for stage in (Stage.pretrained, Stage.finetuned):
        session.announce_tests(stage, bench.whole[stage])
    scored = [_scored(bench, region, (REGION, Stage.knocked_out), {})]
    for draw in range(config.draws):
        mask = alike(region, config.seed + draw)
        stages = RANDOM, Stage.knocked_out_random
        scored.append(_scored(bench, mask, stages, {"draw": float(draw)}))
    session.write_answers()
    summary = _summary(bench, scored, len(region))
    write_json(run_dir.result, {"regions": scored, "summary": summary})
    session.wrote("result.json", "result")
    return Finished(seconds=round(time.monotonic() - since, 2), summary=summary)


def _phases(config: ControlConfig, session: Session) -> list[Phase]:
    test = sum(map(len, session.data.tests.values()))
    regions = [Phase("test", test)] * (2 * (1 + config.draws))
    return [Phase("test", test), Phase("test", test + len(session.data.dev)), *regions]


def _bench(session: Session, config: ControlConfig) -> _Bench:
    pretrained = session.test(whose=Stage.pretrained)
    tuned, finetuned, differs = load_tuned(session, config)
    gc.collect()  # transformers leaves a loaded model in cycles, which would keep its weights
    delta = Delta(session.model.lm, tuned, torch.bfloat16 if session.bf16 else None)
    return _Bench(session, delta, {"pretrained": pretrained, "finetuned": finetuned}, differs)


def _scored(
    bench: _Bench, region: Region, stages: tuple[str, str], labels: Labels
) -> dict[str, Scores]:
    """Scores of the pretrained model with the fine-tuned values in `region`, and of the fine-tuned
    model with the pretrained ones there. The pretrained model is left shown.
    """
    put_in, taken_out = stages
    mask = region.mask().to(bench.delta.pre.device)
    bench.delta.put(mask)
    scores = {"put_in": _tested(bench, put_in, labels, len(region))}
    without(bench.delta, mask)
    scores["taken_out"] = _tested(bench, taken_out, labels, len(region))
    bench.delta.theta.copy_(bench.delta.pre)
    return scores


def _tested(bench: _Bench, stage: str, labels: Labels, weights: int) -> Scores:
    metric, scored = bench.session.data.metric, {}
    size = {"weights": float(weights), "fraction": weights / len(bench.delta)}
    for name, outcome in bench.session.test().items():
        full, none = (bench.whole[whole][name] for whole in ("finetuned", "pretrained"))
        scores = outcome.scores(like=full)
        scores |= {**recovery(scores[metric], full.score, none.score, bench.differs), **size}
        scored[name] = bench.session.announce(stage, name, outcome, scores, labels)
    return scored


def _summary(bench: _Bench, scored: list[dict[str, Scores]], weights: int) -> dict[str, float]:
    """Of the first test set; of the random regions the mean."""
    metric = bench.session.data.metric
    first = next(iter(bench.whole["finetuned"]))
    (own, *others) = ({side: each[side][first] for side in each} for each in scored)
    figures = {stage: bench.whole[stage][first].score for stage in ("pretrained", "finetuned")}
    figures |= {
        REGION: own["put_in"][metric],
        RANDOM: fmean(each["put_in"][metric] for each in others),
        "knocked_out": own["taken_out"][metric],
        "knocked_out_random": fmean(each["taken_out"][metric] for each in others),
    }
    names = ("recovery", "agreement", "ece")
    return (
        figures
        | {n: own["put_in"][n] for n in names if n in own["put_in"]}
        | {"weights": float(weights)}
    )


kinds.register("control", run)
