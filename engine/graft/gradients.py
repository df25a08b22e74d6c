"""Gradients of the training loss with respect to the maskable weights, in `delta.grad`.

Owns which training rows a pass takes and how they are cut into micro-batches.
"""

from collections.abc import Iterator

import torch

from engine.batches import Batch, Example, draw, sorted_batches
from engine.contract.kinds.graft import GraftConfig
from engine.data import TaskData
from engine.graft.delta import Delta
from engine.loss import loss
from engine.session import Session


def epochs(data: TaskData, config: GraftConfig, skip: int = 0) -> Iterator[list[Example]]:
    """The rows of each pass: all, or `config.examples` at a time in an order that the seed gives.

    A row of several contexts comes in one of them, drawn anew. `skip`: so many passes have been
    taken already, and are not given.
    """
    generator = torch.Generator().manual_seed(config.seed)
    rows = len(data.train) // data.contexts
    if rows <= config.examples and data.contexts == 1:
        every = list(data.train)
        while True:
            yield every
    for _ in range(skip):
        draw(rows, data.contexts, generator)
    while True:
        order = draw(rows, data.contexts, generator)
        yield [data.train[i] for i in order[: config.examples]]


def accumulate(session: Session, rows: list[Example]) -> float:
    """Add the gradient of the rows' mean loss to `delta.grad`; the loss. Raises Cancelled.

    In micro-batches of as many tokens as evaluation takes.
    """
    total = 0.0
    tokens = session.evaluate.tokens
    for _, batch in sorted_batches(rows, tokens, session.data.pad_id, session.device):
        session.stop.check()
        total += _backward(session, batch, len(rows))
    return total


def _backward(session: Session, batch: Batch, of: int) -> float:
    with torch.autocast(session.device.type, torch.bfloat16, session.bf16):
        logits = session.model(batch)  # (b, classes)
    partial = loss(logits, batch.label, "sum") / of
    partial.backward()  # type: ignore[no-untyped-call]
    return partial.item()


@torch.no_grad()
def into_slopes(delta: Delta) -> None:
    """Make of dL/dtheta in `delta.grad` dL/dgamma = dL/dtheta (tuned - pre), in its place."""
    for part in delta.parts():
        delta.grad[part].mul_(torch.sub(delta.tuned[part], delta.pre[part]))
