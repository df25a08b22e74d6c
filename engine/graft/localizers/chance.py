"""Chance: weights drawn at random, what every other localizer has to beat."""

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.session import Session


def score(session: Session, delta: Delta, config: GraftConfig) -> torch.Tensor:
    """A permutation that `config.seed` gives, (P,) int32: every set of s weights is as likely.

    Whole numbers, since float32 tells only 2^24 of them apart. A smaller budget is part of a
    larger one.
    """
    generator = torch.Generator().manual_seed(config.seed)
    order = torch.randperm(len(delta), generator=generator, dtype=torch.int32)
    return order.to(delta.pre.device)
