"""One mask update with its train + dev evaluation: the reference's way against ours.

DistilBERT's shapes, random weights, 16 shots a class of 10 to 40 tokens, CPU. `Reference` is
written anew from what is known of the reference's code: micro-batches of 8 padded to 128 tokens,
gradients of all weights, a dense tensor a name for each of its values, the model rebuilt by
matching names. Its head works at the answer positions alone, for the whole vocabulary. Ours does
what `engine.graft.learn` does at a step whose rounded mask has changed; the grown mask cut to the
budget, which `learn` scores as well, is left out, since the reference has none.
"""

import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from bench import shapes
from bench.measure import Result, turns
from bench.trainer import PAD, WORDS
from engine.batches import Example
from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.graft.gradients import accumulate
from engine.graft.learn import score
from engine.graft.localizers.learnt import LearntMask
from engine.graft.mask import budget, top
from engine.models.narrow import Narrow
from engine.session import Session

PADDED, MICRO_BATCH, ROUNDS = 128, 8, 4
CONFIG = GraftConfig(lr=6e8)  # what these weights need for the mask to grow within the rounds

Tensors = dict[str, torch.Tensor]


class Reference:
    """A mask learnt the reference's way, from the weights and the state that ours starts with."""

    def __init__(self, lm: Any, delta: Delta, mask: LearntMask) -> None:
        """`lm`: a copy of the pretrained model, to be rebuilt at every step."""
        self.lm = lm.requires_grad_(True)
        self._narrow = Narrow(lm)
        shapes = {name: weight.shape for name, weight in lm.named_parameters()}
        dense = torch.zeros_like(delta.pre).index_fill_(0, mask.base, 1.0)

        def split(flat: torch.Tensor) -> Tensors:
            return {n: flat[at].view(shapes[n]).clone() for n, at in delta.places()}

        self.pre, self.delta = split(delta.pre), split(delta.tuned - delta.pre)
        self.base, self.state = split(dense), split(mask.state)
        self.best: tuple[float, Tensors] = (-1.0, {})
        self._rebuild(self._gamma())

    def step(self, train: list[Example], dev: list[Example]) -> None:
        """One update of S from `train`; then the rounded mask is scored on `train` and `dev`."""
        self.lm.zero_grad()
        for logits, labels in self._answers(train):
            (F.cross_entropy(logits, labels, reduction="sum") / len(train)).backward()  # type: ignore[no-untyped-call]
        self._descend()
        soft = self._gamma()
        rounded = {name: gamma.round() for name, gamma in soft.items()}
        self._rebuild(rounded)
        accuracy = self._accuracy(train) + self._accuracy(dev)
        if accuracy >= self.best[0]:
            self.best = accuracy, rounded
        self._rebuild(soft)

    def rounded(self) -> torch.Tensor:
        """The rounded mask as it stands, (P,) bool."""
        return torch.cat([gamma.round().bool().flatten() for gamma in self._gamma().values()])

    def _answers(self, rows: list[Example]) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for start in range(0, len(rows), MICRO_BATCH):
            batch = rows[start : start + MICRO_BATCH]
            ids = torch.tensor([[*row.ids, *[PAD] * (PADDED - len(row.ids))] for row in batch])
            attention = (torch.arange(PADDED) < torch.tensor([[len(r.ids)] for r in batch])).long()
            with self._narrow.at(torch.tensor([[row.answer] for row in batch]), None):
                out = self.lm(input_ids=ids, attention_mask=attention)
            yield out.logits[:, 0, WORDS], torch.tensor([row.label for row in batch])

    @torch.no_grad()
    def _accuracy(self, rows: list[Example]) -> float:
        right = [(logits.argmax(1) == labels) for logits, labels in self._answers(rows)]
        return torch.cat(right).double().mean().item()

    def _gamma(self) -> Tensors:
        """The soft mask."""
        gamma = {}
        for name, state in self.state.items():
            soft = torch.sigmoid(state - CONFIG.sigmoid_bias)
            gamma[name] = self.base[name] * (1 - soft) + (1 - self.base[name]) * soft
        return gamma

    @torch.no_grad()
    def _descend(self) -> None:
        for name, weight in self.lm.named_parameters():
            for other in self.state:
                if other == name:
                    soft = torch.sigmoid(self.state[name] - CONFIG.sigmoid_bias)
                    slope = weight.grad * self.delta[name] * (1 - 2 * self.base[name])
                    self.state[name] -= CONFIG.lr * slope * soft * (1 - soft)

    @torch.no_grad()
    def _rebuild(self, gamma: Tensors) -> None:
        """Write pre + gamma * delta into the parameter of the same name."""
        for name, weight in self.lm.named_parameters():
            for other in gamma:
                if other == name:
                    weight.copy_(self.pre[name] + gamma[name] * self.delta[name])


def ours(session: Session, delta: Delta, mask: LearntMask) -> Callable[[], object]:
    """The same step by the engine."""
    train = list(session.data.train)

    def step() -> None:
        accumulate(session, train)
        mask.update()
        score(session, delta, mask.rounded(), 0)
        mask.put()

    return step


def start(folder: Path, bf16: bool) -> tuple[Session, Delta, LearntMask]:
    """A mask about to be learnt by the engine."""
    lm = shapes.distilbert()
    session = shapes.session(lm, folder, bf16)
    delta = shapes.tuned(lm, session.maskable, torch.bfloat16 if bf16 else None)
    base = top(delta.movement(), budget(CONFIG.sparsity, len(delta)))
    mask = LearntMask(delta, base, CONFIG)
    mask.put()
    return session, delta, mask


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as name:
        yield from _run(Path(name))


def _run(folder: Path) -> Iterator[Result]:
    exact, half = start(folder, bf16=False), start(folder, bf16=True)
    theirs = Reference(shapes.distilbert(), exact[1], exact[2])
    data = exact[0].data
    train, dev = list(data.train), list(data.dev)
    took = turns(lambda: theirs.step(train, dev), ours(*exact), ours(*half), rounds=ROUNDS)
    masks = theirs.rounded()
    for what, at, least, (_, _, mask) in (("float32", 1, 4, exact), ("bf16", 2, 6, half)):
        faster = statistics.median(times[0] / times[at] for times in took)
        yield Result(f"reference's step / ours, {what}", faster, "x", least=least)
        rounded = torch.zeros_like(masks).index_fill_(0, mask.rounded(), True)
        same = 100 * (masks == rounded).double().mean().item()
        yield Result(f"same mask, all entries, {what}", same, "%", least=99.9)
        shared = 100 * (masks & rounded).sum().item() / (masks | rounded).sum().item()
        yield Result(f"same mask, entries in either, {what}", shared, "%")
