"""Learning a mask: updates from the training rows, and the best rounded mask kept."""

from dataclasses import dataclass, replace

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.contract.localizers import localizers
from engine.errors import Cancelled
from engine.evaluate import Outcome
from engine.graft.base import BasePatch
from engine.graft.delta import Delta
from engine.graft.gradients import accumulate, epochs
from engine.graft.localizers import learner
from engine.loss import refuse_diverged
from engine.session import Session


@dataclass(frozen=True, slots=True)
class Learnt:
    """The best mask seen."""

    mask: torch.Tensor  # (s',) int64
    step: int
    train_dev: float
    """Mean of the train and the dev score, by the task's metric."""
    dev: float
    """The dev score alone."""
    loss: float
    """Mean of the train and the dev loss, which decides among equal scores."""
    answers: Outcome
    """To the dev rows."""
    stopped: str = ""
    """Why learning ended early, if it did."""


def learn(
    session: Session,
    delta: Delta,
    base: BasePatch,
    config: GraftConfig,
    first: Learnt | None = None,
) -> Learnt:
    """The mask with the best train + dev score among those that learning from `base` passes.

    The base patch itself is the first candidate, so a learnt graft never scores below it on
    train + dev. Since 16 shots tie often, equal scores are decided by the budget (more weights
    than the base patch has must pay), then by the loss. The model stays in eval mode. A request
    to stop gives the best so far. `first`: what the base patch scores, where that is known.
    """

    def rank(learnt: Learnt) -> tuple[float, bool, float, int]:
        return learnt.train_dev, len(learnt.mask) <= len(base.mask), -learnt.loss, learnt.step

    mask = learner(localizers()[config.localizer])(delta, base.mask, config)
    best = seen = first = first or score(session, delta, base.mask, 0)
    known = [first]
    rows = epochs(session.data, config)
    session.model.eval()
    mask.put()
    try:
        for step in range(1, config.steps + 1):
            session.stop.check()
            lost = accumulate(session, next(rows))
            mask.update(lost)
            candidates = mask.candidates()
            if step % config.eval_every == 0 and not torch.equal(candidates[0], seen.mask):
                scored = [_among(known, m) or score(session, delta, m, step) for m in candidates]
                seen, best, known = scored[0], max(best, *scored, key=rank), [first, *scored]
                mask.put()
            _announce(session, config, base, step, lost, candidates[0], seen)
    except Cancelled as stop:
        return replace(best, stopped=str(stop))
    return best


def _among(known: list[Learnt], mask: torch.Tensor) -> Learnt | None:
    """What `mask` scored: cut to the budget, a mask that has grown is often the base patch."""
    return next((learnt for learnt in known if torch.equal(learnt.mask, mask)), None)


def score(session: Session, delta: Delta, mask: torch.Tensor, step: int) -> Learnt:
    """What a rounded mask scores on train + dev; the model is left with it."""
    delta.put(mask)
    data, metric = session.data, session.data.metric
    both = session.evaluate([*data.train, *data.dev])  # at once: fuller batches
    on_train, on_dev = both.split(len(data.train) // data.contexts)
    train, dev = on_train.scores(), on_dev.scores()
    mean = {name: (train[name] + dev[name]) / 2 for name in (metric, "loss")}
    return Learnt(mask, step, mean[metric], dev[metric], mean["loss"], on_dev)


def _announce(
    session: Session,
    config: GraftConfig,
    base: BasePatch,
    step: int,
    lost: float,
    rounded: torch.Tensor,
    seen: Learnt,
) -> None:
    values = {"loss": lost, "train_dev": seen.train_dev, "weights": float(len(rounded))}
    named = {f"graft/{name}": value for name, value in values.items()}
    refuse_diverged(step, named)
    session.emit.metric(step, named, base.labels if base.of > 1 else {})
    done = base.number * config.steps
    session.emit.progress("graft", done + step, base.of * config.steps)
