"""A graft run: pretrained, fine-tuned, and for each sparsity the base patch and the learnt graft.

Owns the order of the work and what is written; the mathematics is next door.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from engine import kinds
from engine.artifacts import save_logits
from engine.contract.events import Finished, Stage
from engine.contract.identity import config_hash
from engine.contract.kinds.graft import GraftConfig, check_settings
from engine.contract.layout import RunDir, write_json
from engine.contract.made_from import check_finetuned
from engine.course import Course
from engine.emit import Emitter, StopRequest
from engine.errors import Cancelled, ConfigError
from engine.graft.apply import installed
from engine.graft.base import BasePatch, base_patches
from engine.graft.curve import Curve, Graft, UnderWay
from engine.graft.delta import Delta
from engine.graft.learn import Learnt, Search, score
from engine.graft.localizers import check_scores, scorer
from engine.graft.map import Located, write_map
from engine.graft.mask import top
from engine.graft.necessity import knock_out
from engine.graft.origin import origin
from engine.graft.phases import phases
from engine.graft.recover import smallest
from engine.graft.report import Bench, Scores, test_scores
from engine.graft.skill import Skill, cut, load, write
from engine.graft.tuned import load_tuned
from engine.models import LinearModel
from engine.session import Session, begin


def run(config: GraftConfig, run_dir: RunDir, emit: Emitter, stop: StopRequest) -> Finished:
    """Cut the grafts that `config` asks for; skill files and result.json in the run directory.

    Raises EngineError, or Cancelled; of both Cancelled and Diverged after writing the best graft
    so far. A state that an earlier attempt saved is gone on from.
    """
    since = time.monotonic()
    if trouble := check_settings(config) or check_finetuned(config.finetuned.path):
        raise ConfigError(*trouble)
    session = begin(config, run_dir, emit, stop, config.seed)
    if isinstance(session.model, LinearModel):
        session.model.load_head(Path(config.finetuned.path).expanduser())
        session.model.head.requires_grad_(False)
    maskable = sum(session.model.lm.get_parameter(name).numel() for name in session.maskable)
    emit.course = Course(phases(config, session.data, maskable))
    bench = _bench(session, config)
    result: dict[str, Any] = {
        stage: session.announce_tests(stage, bench.outcomes[stage])
        for stage in (Stage.pretrained, Stage.finetuned)
    }
    curve = _curve(bench)
    if curve.recovered:
        result["recover"] = curve.recovered
    grafts = curve.grafts
    session.write_answers()
    write_map(
        run_dir.map, config.model.name, session.weights, bench.delta.sizes, bench.located,
        session.model.lm,
    )  # fmt: skip
    session.wrote(run_dir.map.name, "map")
    if config.compute.save_logits:
        save_logits(session)
    summary = _summary(session.data.metric, result, grafts)
    written = {**result, "grafts": [asdict(graft) for graft in grafts], "summary": summary}
    write_json(run_dir.result, written)
    session.wrote("result.json", "result")
    return Finished(seconds=round(time.monotonic() - since, 2), summary=summary)


def _bench(session: Session, config: GraftConfig) -> Bench:
    """Both whole models scored, and their weights laid side by side."""
    pretrained = session.test(whose=Stage.pretrained)
    tuned, finetuned, differs = load_tuned(session, config)
    gc.collect()  # transformers leaves a loaded model in cycles, which would keep its weights
    kind = torch.bfloat16 if session.bf16 else None
    delta = Delta(session.model.lm, tuned, kind)
    whole = {"pretrained": pretrained, "finetuned": finetuned}
    return Bench(session, config, delta, whole, differs)


def _curve(bench: Bench) -> Curve:
    """All grafts of the run. A request to stop saves where it stands."""
    config = bench.config
    curve = Curve(bench, config.steps if _learns(config) else 1)
    if (stored := bench.session.resume()) is not None:
        curve.go_on_from(stored)
    try:
        rated = _rated(bench)
        if config.recover:
            config = _at_the_smallest(bench, rated, curve)
        for base in base_patches(config, bench.delta)[len(curve.grafts) :]:
            curve.end(_graft(bench, base, rated, curve))
    except Cancelled:
        curve.save()
        raise
    return curve


def _at_the_smallest(bench: Bench, rated: torch.Tensor | None, curve: Curve) -> GraftConfig:
    """The config with the sparsity that recovers as much as is asked for."""
    if curve.recovered is None:
        by = bench.delta.movement() if rated is None else rated
        curve.recovered = asdict(smallest(bench, by))
    return bench.config.model_copy(update={"sparsity": curve.recovered["weights"]})


def _graft(bench: Bench, base: BasePatch, rated: torch.Tensor | None, curve: Curve) -> Graft:
    """One sparsity: evaluate the base patch, choose the graft, write its file, evaluate that.

    `rated`: (P,) scores of a localizer that does not learn.
    """
    session, config = bench.session, bench.config
    graft = curve.under_way or _begun(bench, base, curve)
    best = _chosen(bench, base, rated, curve, graft)
    path = session.run_dir.skill(base.sparsity if base.of > 1 else None)
    skill = _write_skill(bench, best, base.sparsity, path)
    if best.stopped is not None:
        raise best.stopped
    chosen = rated is not None or _learns(config)
    counts = {name: len(index) for name, index in skill.indices.items()}
    stage = Stage.learnt_graft if chosen else Stage.base_patch
    bench.located.append(Located(stage, base.labels, path.name, counts))
    learnt: Scores = {}
    if chosen:
        kept = torch.isin(best.mask, base.mask).sum().item()
        changed = {"added": float(len(best.mask) - kept), "dropped": float(len(base.mask) - kept)}
        with _from_file(bench, path):
            learnt = _tested(bench, Stage.learnt_graft, base, best, changed)
    without = knock_out(bench, base, best.mask) if config.necessity else {}
    return Graft(
        base.sparsity,
        path.name,
        best.train_dev,
        best.dev,
        best.loss,
        best.step,
        graft.patch,
        learnt,
        without,
    )


def _begun(bench: Bench, base: BasePatch, curve: Curve) -> UnderWay:
    """The next graft, its base patch evaluated."""
    first = score(bench.session, bench.delta, base.mask, 0, Stage.base_patch)
    return curve.begin(first, _tested(bench, Stage.base_patch, base, first, {}))


def _chosen(
    bench: Bench, base: BasePatch, rated: torch.Tensor | None, curve: Curve, graft: UnderWay
) -> Learnt:
    """The weights that the localizer chooses, scored on train + dev."""
    session, delta, config = bench.session, bench.delta, bench.config
    if rated is not None:
        return score(session, delta, top(rated, len(base.mask)), 0)
    if not _learns(config):
        return graft.first
    if graft.learnt is not None:
        return graft.learnt
    return curve.learn(graft, Search(session, delta, base, config, graft.first))


def _learns(config: GraftConfig) -> bool:
    return bool(config.chosen_by and config.chosen_by.learner)


def _rated(bench: Bench) -> torch.Tensor | None:
    """The scores of a localizer that has a scorer, else None."""
    chosen_by = bench.config.chosen_by
    if chosen_by is None or not chosen_by.scorer:
        return None
    bench.session.emit.log(f"rating the weights by {chosen_by.name}")
    rated = scorer(chosen_by)(bench.session, bench.delta, bench.config)
    check_scores(rated, bench.delta.pre, chosen_by.name)
    return rated


def _tested(
    bench: Bench, stage: Stage, base: BasePatch, graft: Learnt, changed: dict[str, float]
) -> Scores:
    metric = bench.session.data.metric
    bench.session.announce(stage, "dev", graft.answers, {metric: graft.dev}, base.labels)
    return test_scores(bench, stage, base, graft.mask, changed)


@contextmanager
def _from_file(bench: Bench, path: Path) -> Iterator[None]:
    """The pretrained model with the written skill in it: what is scored is what was stored."""
    bench.delta.theta.copy_(bench.delta.pre)
    # The base is known to be right: it has just been put there.
    with installed(load(path), bench.session.model.lm, verified=True):
        yield


def _write_skill(bench: Bench, best: Learnt, sparsity: float, path: Path) -> Skill:
    session, config = bench.session, bench.config
    lm, model = session.model.lm, session.model
    skill = cut(
        bench.delta,
        best.mask,
        {n: list(p.shape) for n, p in lm.named_parameters()},
        dict(model.head.state_dict()) if isinstance(model, LinearModel) else {},
        sparsity=sparsity,
        scores={
            f"train_dev_{session.data.metric}": best.train_dev,
            "train_dev_loss": best.loss,
        },
        config_hash=config_hash(config),
        **origin(config.model, config.task),
    )
    write(skill, path)
    session.wrote(path.name, "skill")
    return skill


def _summary(metric: str, whole: dict[str, Any], grafts: list[Graft]) -> dict[str, float]:
    """The figures of the graft that train + dev likes best; the smaller one on a tie."""
    first = next(iter(whole["pretrained"]))
    graft = min(grafts, key=lambda each: (-each.train_dev, each.best[first]["weights"]))
    best = graft.best[first]
    figures = {stage: whole[stage][first][metric] for stage in ("pretrained", "finetuned")}
    figures["base_patch"] = graft.base_patch[first][metric]
    if graft.learnt_graft:
        figures["learnt_graft"] = graft.learnt_graft[first][metric]
    names = ("recovery", "agreement", "ece", "weights", "fraction")
    return figures | {"dev": graft.dev} | {name: best[name] for name in names if name in best}


kinds.register("graft", run)
