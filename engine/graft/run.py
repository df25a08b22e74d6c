"""A graft run: pretrained, fine-tuned, and for each sparsity the base patch and the learnt graft.

Owns the order of the work and what is written; the mathematics is next door.
"""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from engine import data, loading
from engine.contract.config import GraftConfig, config_hash
from engine.contract.events import Finished, Stage
from engine.contract.layout import RunDir, write_json
from engine.emit import Emitter, StopRequest
from engine.errors import Cancelled, ConfigError
from engine.evaluate import Outcome, recovery
from engine.graft.apply import installed
from engine.graft.delta import Delta
from engine.graft.learn import Learnt, learn
from engine.graft.mask import budget, top
from engine.graft.skill import cut, read, write
from engine.models import PromptModel
from engine.session import Session, begin
from engine.versions import versions


@dataclass(frozen=True, slots=True)
class Whole:
    """What the whole models answer to the test rows."""

    pretrained: Outcome
    finetuned: Outcome


@dataclass(frozen=True, slots=True)
class Graft:
    """What one sparsity came to, as in result.json."""

    sparsity: float
    """As asked for."""
    base_patch: dict[str, float]
    """Scores on the test rows, and size."""
    learnt_graft: dict[str, float]
    score: float
    """Train + dev accuracy of the learnt graft, 0 to 2."""
    loss: float
    step: int
    """The mask update that gave it; 0: the base patch itself."""
    skill: str
    """File name."""


def run(config: GraftConfig, run_dir: RunDir, emit: Emitter, stop: StopRequest) -> Finished:
    """Cut the grafts that `config` asks for; skill files and result.json in the run directory.

    Raises EngineError, or Cancelled after writing the best graft so far.
    """
    since = time.monotonic()
    session = begin(config, run_dir, emit, stop, config.seed)
    if not config.finetuned.path:
        raise ConfigError(
            "the graft has no fine-tuned model: finetuned.path is empty",
            'link it to a run in the recipe (of = "finetune"), or give the checkpoint folder',
        )
    pretrained = session.test()
    delta, finetuned = _load_tuned(session, config)
    whole = Whole(pretrained, finetuned)
    result = {
        "pretrained": session.announce(Stage.pretrained, "test", pretrained.scores()),
        "finetuned": session.announce(Stage.finetuned, "test", finetuned.scores()),
    }
    movement = delta.movement()
    grafts = [_graft(session, config, delta, movement, whole, s) for s in config.curve]
    summary = _summary(result, grafts)
    written = {**result, "grafts": [asdict(graft) for graft in grafts], "summary": summary}
    write_json(run_dir.result, written)
    session.wrote("result.json", "result")
    return Finished(seconds=round(time.monotonic() - since, 2), summary=summary)


def _load_tuned(session: Session, config: GraftConfig) -> tuple[Delta, Outcome]:
    """The flat weights, and the fine-tuned model's answers to the test rows."""
    tuned = loading.pretrained(config.model, config.task.type, config.finetuned.path)
    weights = dict(tuned.named_parameters())
    own = dict(session.model.lm.named_parameters())
    wrong = [n for n, p in own.items() if n not in weights or weights[n].shape != p.shape]
    if wrong:
        raise ConfigError(
            f"{config.finetuned.path} is not a fine-tuned {config.model.name}: {wrong[0]} differs",
            "set model.name to the pretrained model that it was tuned from",
        )
    model = PromptModel(tuned, session.data.label_ids).to(session.device)
    finetuned = session.evaluate.with_model(model)(session.data.test)
    moved = [n for n, p in weights.items() if n not in session.maskable and not p.equal(own[n])]
    if moved:
        session.emit.log(
            f"{len(moved)} tensors moved in fine-tuning but are frozen here, so no graft can "
            f"carry them: {', '.join(moved[:3])}"
        )
    return Delta(session.model.lm, {n: weights[n].detach() for n in session.maskable}), finetuned


def _graft(
    session: Session,
    config: GraftConfig,
    delta: Delta,
    movement: torch.Tensor,
    whole: Whole,
    sparsity: float,
) -> Graft:
    """One sparsity: evaluate the base patch, learn, write the skill file, evaluate that file."""
    base = top(movement, budget(sparsity, len(delta)))
    delta.put(base)
    patch = _scores(session.test(), whole, len(base), len(delta))
    session.announce(Stage.base_patch, "test", patch, sparsity)
    best = learn(session, delta, base, config, sparsity)
    path = session.run_dir.skill(sparsity if len(config.curve) > 1 else None)
    _write_skill(session, config, delta, best, sparsity, path)
    if best.stopped:
        raise Cancelled(best.stopped)
    delta.theta.copy_(delta.pre)
    with installed(read(path), session.model.lm):
        learnt = _scores(session.test(), whole, len(best.mask), len(delta))
    kept = torch.isin(best.mask, base).sum().item()
    learnt |= {"added": float(len(best.mask) - kept), "dropped": float(len(base) - kept)}
    session.announce(Stage.learnt_graft, "test", learnt, sparsity)
    return Graft(sparsity, patch, learnt, best.score, best.loss, best.step, path.name)


def _scores(outcome: Outcome, whole: Whole, weights: int, maskable: int) -> dict[str, float]:
    scores = outcome.scores(like=whole.finetuned)
    full, none = (o.scores()["accuracy"] for o in (whole.finetuned, whole.pretrained))
    return {
        **scores,
        **recovery(scores["accuracy"], full, none),
        "weights": float(weights),
        "fraction": weights / maskable,
    }


def _write_skill(
    session: Session, config: GraftConfig, delta: Delta, best: Learnt, sparsity: float, path: Path
) -> None:
    prompting = data.prompting_of(config.task, data.spec_of(config.task))
    shapes = {n: list(p.shape) for n, p in session.model.lm.named_parameters()}
    skill = cut(
        delta,
        best.mask,
        shapes,
        base=config.model.name,
        task=config.task.name,
        prompt=prompting.prompt,
        label_words=prompting.label_words,
        sparsity=sparsity,
        scores={"train_dev_accuracy": best.score / 2, "train_dev_loss": best.loss / 2},
        config_hash=config_hash(config),
        versions=versions(),
    )
    write(skill, path)
    session.wrote(path.name, "skill")


def _summary(whole: dict[str, dict[str, float]], grafts: list[Graft]) -> dict[str, float]:
    """The figures of the graft that train + dev likes best; the smaller one on a tie."""
    best = min(grafts, key=lambda graft: (-graft.score, graft.learnt_graft["weights"]))
    learnt = best.learnt_graft
    return {
        "pretrained": whole["pretrained"]["accuracy"],
        "finetuned": whole["finetuned"]["accuracy"],
        "base_patch": best.base_patch["accuracy"],
        "learnt_graft": learnt["accuracy"],
        **{name: learnt[name] for name in ("recovery", "agreement", "ece", "weights", "fraction")},
    }
