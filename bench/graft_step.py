"""One mask update against a bare forward and backward pass on the same batch.

RoBERTa-base's shapes, random weights, 32 short examples in one batch, CPU, float32.
"""

from collections.abc import Iterator

import torch
from torch.nn import functional as F

from bench import shapes
from bench.measure import Result, ratio
from engine.batches import Batch
from engine.contract.kinds.graft import GraftConfig
from engine.contract.sections import FreezeConfig
from engine.graft.localizers.learnt import LearntMask
from engine.graft.mask import budget, top
from engine.models import PromptModel, freeze_all_but, weight_map

ROWS, TOKENS, ROUNDS = 32, 24, 9


def batch() -> Batch:
    """Examples that a model of any weights can be timed on."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(10, 50_000, (ROWS, TOKENS), generator=generator)
    ones = torch.ones_like(ids)
    answer = torch.full((ROWS,), TOKENS - 2)
    return Batch(ids, ones, torch.zeros_like(ids), answer, torch.arange(ROWS) % 2)


def run() -> Iterator[Result]:
    model = PromptModel(shapes.roberta(), (100, 200))
    names = weight_map(model.lm).maskable(FreezeConfig())
    freeze_all_but(model.lm, names)
    delta, rows = shapes.tuned(model.lm, names), batch()
    base = top(delta.movement(), budget(1e-4, len(delta)))
    mask, own = (LearntMask(delta, base, GraftConfig(lr=lr)) for lr in (1e7, 0.0))

    def bare() -> None:
        F.cross_entropy(model(rows), rows.label).backward()  # type: ignore[no-untyped-call]

    def step() -> None:
        bare()
        mask.update()  # and shows the model under the new mask

    def step_with_own_rate() -> None:
        bare()
        own.update(1.0)

    yield Result("graft step / bare forward + backward", ratio(step, bare, ROUNDS), "x", 1.15)
    both = ratio(step_with_own_rate, bare, ROUNDS)
    yield Result("the same, finding its own learning rate", both, "x")
