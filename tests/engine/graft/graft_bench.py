"""A pretrained and a fine-tuned model in memory, and a slow graft to compare with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from engine_bench import session_of
from engine_zoo import FAMILIES
from torch.func import functional_call
from torch.nn import functional as F

from engine import data
from engine.data import Batch
from engine.graft.delta import Delta
from engine.graft.mask import LearntMask
from engine.session import Session

Weights = dict[str, torch.Tensor]


def tuned_from(lm: Any, names: list[str], scale: float = 0.1, seed: int = 9) -> Weights:
    """What a fine-tuning might have made of `lm`: every weight of `names` moved."""
    draw = torch.Generator().manual_seed(seed)
    own = dict(lm.named_parameters())
    return {
        name: own[name].detach()
        + scale * torch.randn(own[name].shape, generator=draw).to(own[name])
        for name in names
    }


def grafting_session(
    task: data.TaskData, folder: Path, scale: float = 0.1
) -> tuple[Session, Delta]:
    """A session whose model shows grafts of a made-up fine-tuning."""
    session = session_of(FAMILIES["roberta"].build(), task, folder)
    session.model.eval()
    return session, Delta(session.model.lm, tuned_from(session.model.lm, session.maskable, scale))


def soft_mask(mask: LearntMask) -> torch.Tensor:
    """gamma of a mask, (P,) in (0, 1)."""
    soft = torch.sigmoid(mask.state - mask.bias)
    soft[mask.base] = 1 - soft[mask.base]
    return soft


class SlowGraft:
    """The paper's formula as it stands there, by autograd through a functional call."""

    def __init__(
        self, session: Session, delta: Delta, base: torch.Tensor, bias: float, state: torch.Tensor
    ) -> None:
        self.model, self.bias = session.model, bias
        self.shapes = {n: p.shape for n, p in session.model.lm.named_parameters()}
        self.places = list(delta.places())
        self.pre, self.tuned = delta.pre.clone(), delta.tuned.clone()
        self.base = torch.zeros_like(self.pre).index_fill_(0, base, 1.0)  # (P,) in {0, 1}
        self.state = state.clone().requires_grad_()  # S, (P,)

    def gamma(self) -> torch.Tensor:
        soft = torch.sigmoid(self.state - self.bias)
        return self.base * (1 - soft) + (1 - self.base) * soft

    def loss(self, batches: Iterator[Batch] | list[Batch], rows: int) -> torch.Tensor:
        theta = self.pre + self.gamma() * (self.tuned - self.pre)
        weights = {f"lm.{n}": theta[at].view(self.shapes[n]) for n, at in self.places}
        return sum(
            F.cross_entropy(functional_call(self.model, weights, (b,)), b.label, reduction="sum")
            for b in batches
        ) / torch.tensor(float(rows), dtype=theta.dtype)

    def step(self, batches: list[Batch], rows: int, lr: float) -> torch.Tensor:
        """One step of plain SGD; the gradient."""
        (grad,) = torch.autograd.grad(self.loss(batches, rows), self.state)
        with torch.no_grad():
            self.state -= lr * grad
        return grad

    def mask(self) -> torch.Tensor:
        """Sorted indices where gamma rounds to 1."""
        return (self.gamma() > 0.5).nonzero().flatten()
