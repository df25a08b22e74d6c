"""A localizer that is made up: the weights that fine-tuning moved least, but did move."""

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.contract.localizers import Localizer, register_localizer
from engine.graft.delta import Delta
from engine.session import Session


def score(session: Session, delta: Delta, config: GraftConfig) -> torch.Tensor:
    """-|tuned - pre|, (P,), with those that did not move last."""
    moved = delta.movement()
    return torch.where(moved > 0, -moved, -torch.inf)


register_localizer(
    Localizer(
        name="stillest",
        chooses="the smallest |tuned - pretrained| that is not 0",
        budget="exact",
        cost="none",
        scorer=f"{__name__}:score",
    )
)
