"""Movement: how far a weight went in fine-tuning (paper, section 2, the base patch)."""

import torch

from engine.contract.config import GraftConfig
from engine.graft.delta import Delta
from engine.session import Session


def score(session: Session, delta: Delta, config: GraftConfig) -> torch.Tensor:
    """|tuned - pre|, (P,)."""
    return delta.movement()
