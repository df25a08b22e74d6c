"""Low magnitude: the smallest pretrained weights, which pruning would take out first."""

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.session import Session


def score(session: Session, delta: Delta, config: GraftConfig) -> torch.Tensor:
    """-|pre|, (P,): the reverse of `magnitude`, and a control to it."""
    return delta.pre.abs().neg_()
