"""A pretrained and a fine-tuned model in memory, and a slow graft to compare with."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch.func import functional_call
from torch.nn import functional as F

from engine import data
from engine.batches import Batch, sorted_batches
from engine.contract.kinds.graft import GraftConfig
from engine.contract.sections import FreezeConfig
from engine.graft.delta import Delta
from engine.graft.localizers.learnt import LearntMask
from engine.models import freeze_all_but, weight_map
from engine.session import Session
from tests.engine.engine_bench import session_of
from tests.engine.engine_zoo import FAMILIES

Weights = dict[str, torch.Tensor]


def tuned_from(lm: Any, names: list[str], scale: float = 0.1, seed: int = 9) -> Weights:
    """What a fine-tuning might have made of `lm`: every weight of `names` moved."""
    draw = torch.Generator().manual_seed(seed)  # of the CPU: the same wherever `lm` is
    own = dict(lm.named_parameters())
    return {
        name: own[name].detach()
        + scale * torch.randn(own[name].shape, generator=draw).to(own[name])
        for name in names
    }


def grafting_session(
    task: data.TaskData,
    folder: Path,
    scale: float = 0.1,
    lm: Any = None,
    freeze: FreezeConfig | None = None,
    shown: torch.dtype | None = None,
    device: str = "cpu",
) -> tuple[Session, Delta]:
    """A session whose model shows grafts of a made-up fine-tuning."""
    lm = lm or FAMILIES["roberta"].build()
    session = session_of(lm, task, folder, device)
    if freeze:
        session = replace(session, maskable=weight_map(lm).maskable(freeze))
        freeze_all_but(lm, session.maskable)
    session.model.eval()
    if shown is torch.bfloat16:
        session = replace(session, bf16=True, evaluate=replace(session.evaluate, bf16=True))
    return session, Delta(lm, tuned_from(lm, session.maskable, scale), shown)


def batches_of(session: Session, tokens: int = 0) -> list[Batch]:
    """The training rows in micro-batches, of so many `tokens` or as a mask's update takes them."""
    task, most = session.data, tokens or session.evaluate.tokens
    return [b for _, b in sorted_batches(task.train, most, task.pad_id, session.device)]


def soft_mask(mask: LearntMask) -> torch.Tensor:
    """gamma of a mask, (P,) in (0, 1)."""
    soft = torch.sigmoid(mask.state - mask.bias)
    soft[mask.base] = 1 - soft[mask.base]
    return soft


class SlowModel:
    """The loss as a function of the flat weights, by autograd through a functional call."""

    def __init__(self, session: Session, delta: Delta) -> None:
        self.model = session.model
        self.shapes = {n: p.shape for n, p in session.model.lm.named_parameters()}
        self.places = list(delta.places())
        self.pre, self.tuned = delta.pre.clone(), delta.tuned.clone()

    def loss(self, theta: torch.Tensor, batches: Iterator[Batch] | list[Batch]) -> torch.Tensor:
        """Summed over the rows."""
        weights = {f"lm.{n}": theta[at].view(self.shapes[n]) for n, at in self.places}
        logits = [(functional_call(self.model, weights, (b,)), b.label) for b in batches]
        return torch.stack([F.cross_entropy(*one, reduction="sum") for one in logits]).sum()

    def gradient(self, theta: torch.Tensor, batches: list[Batch]) -> torch.Tensor:
        """Of the summed loss, (P,)."""
        theta = theta.clone().requires_grad_()
        return torch.autograd.grad(self.loss(theta, batches), theta)[0]


class SlowGraft(SlowModel):
    """The paper's formula as it stands there."""

    def __init__(
        self,
        session: Session,
        delta: Delta,
        base: torch.Tensor,
        config: GraftConfig,
        state: torch.Tensor,
    ) -> None:
        super().__init__(session, delta)
        self.bias, self.lr = config.sigmoid_bias, config.lr
        self.base = torch.zeros_like(self.pre).index_fill_(0, base, 1.0)  # (P,) in {0, 1}
        self.state = state.clone().requires_grad_()  # S, (P,)

    def gamma(self) -> torch.Tensor:
        soft = torch.sigmoid(self.state - self.bias)
        return self.base * (1 - soft) + (1 - self.base) * soft

    def step(self, batches: list[Batch]) -> torch.Tensor:
        """One step of plain SGD; the gradient."""
        theta = self.pre + self.gamma() * (self.tuned - self.pre)
        loss = self.loss(theta, batches) / sum(map(len, batches))
        (grad,) = torch.autograd.grad(loss, self.state)
        with torch.no_grad():
            self.state -= self.lr * grad
        return grad

    def mask(self) -> torch.Tensor:
        """Sorted indices where gamma rounds to 1."""
        return (self.gamma() > 0.5).nonzero().flatten()
