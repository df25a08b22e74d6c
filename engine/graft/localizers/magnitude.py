"""Magnitude: the largest pretrained weights, whatever the task is."""

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.session import Session


def score(session: Session, delta: Delta, config: GraftConfig) -> torch.Tensor:
    """|pre|, (P,): what magnitude pruning keeps (Han et al. 2015, section 3), taken over all
    tensors at once. Reads no data and no fine-tuned weights.
    """
    return delta.pre.abs()
