"""Learning a mask: gradient passes over the training rows, and the best rounded mask kept."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from engine.contract.config import GraftConfig
from engine.data import Batch, Example, sorted_batches
from engine.errors import Cancelled
from engine.graft.delta import Delta
from engine.graft.mask import LearntMask
from engine.session import Session


@dataclass(frozen=True, slots=True)
class Learnt:
    """The best mask seen."""

    mask: torch.Tensor  # (s',) int64
    step: int
    score: float
    """Train + dev accuracy, 0 to 2."""
    loss: float
    """Train + dev loss, which decides among equal scores."""
    stopped: str = ""
    """Why learning ended early, if it did."""


def learn(
    session: Session, delta: Delta, base: torch.Tensor, config: GraftConfig, sparsity: float
) -> Learnt:
    """The mask with the best train + dev accuracy among those that learning from `base` passes.

    The base patch itself is the first candidate, so a learnt graft never scores below it on
    train + dev; equal scores are decided by the loss, since 16 shots tie often. The model stays
    in eval mode. A request to stop gives the best so far. Raises Diverged.
    """
    mask = LearntMask(delta, base, config.sigmoid_bias, config.seed)
    best = seen = _score(session, delta, base, 0)
    rows = _epochs(session.data.train, config.examples, config.seed)
    session.model.eval()
    mask.put()
    try:
        for step in range(1, config.steps + 1):
            session.stop.check()
            loss = _gradients(session, next(rows), config.micro_batch)
            mask.update(config.lr)
            rounded = mask.rounded()
            if step % config.eval_every == 0 and not torch.equal(rounded, seen.mask):
                seen = _score(session, delta, rounded, step)
                best = max(best, seen, key=lambda one: (one.score, -one.loss, one.step))
                mask.put()
            _announce(session, config, sparsity, step, loss, rounded, seen)
    except Cancelled as stop:
        return Learnt(best.mask, best.step, best.score, best.loss, str(stop))
    return best


def _epochs(rows: list[Example], most: int, seed: int) -> Iterator[list[Example]]:
    """The rows of each mask update: all of them, or `most` at a time in a random order."""
    generator = torch.Generator().manual_seed(seed)
    if len(rows) <= most:
        while True:
            yield rows
    while True:
        yield [rows[i] for i in torch.randperm(len(rows), generator=generator)[:most].tolist()]


def _gradients(session: Session, rows: list[Example], micro_batch: int) -> float:
    """Add the gradient of the rows' mean cross-entropy to `delta.grad`; the loss."""
    total = 0.0
    for _, batch in sorted_batches(rows, micro_batch, session.data.pad_id, session.device):
        session.stop.check()
        total += _backward(session, batch, len(rows))
    return total


def _backward(session: Session, batch: Batch, of: int) -> float:
    with torch.autocast(session.device.type, torch.bfloat16, session.bf16):
        logits = session.model(batch)  # (b, classes)
    loss = F.cross_entropy(logits, batch.label, reduction="sum") / of
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.item()


def _score(session: Session, delta: Delta, mask: torch.Tensor, step: int) -> Learnt:
    delta.put(mask)
    train, dev = (
        session.evaluate(rows).scores() for rows in (session.data.train, session.data.dev)
    )
    return Learnt(mask, step, train["accuracy"] + dev["accuracy"], train["loss"] + dev["loss"])


def _announce(
    session: Session,
    config: GraftConfig,
    sparsity: float,
    step: int,
    loss: float,
    rounded: torch.Tensor,
    seen: Learnt,
) -> None:
    at = f"@{sparsity}" if len(config.curve) > 1 else ""
    session.emit.metric(
        step,
        {
            f"graft/loss{at}": loss,
            f"graft/score{at}": seen.score,
            f"graft/weights{at}": float(len(rounded)),
        },
    )
    done = config.curve.index(sparsity) * config.steps
    session.emit.progress("graft", done + step, len(config.curve) * config.steps)
