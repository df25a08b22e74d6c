"""Per-layer uniform movement: the same share of every tensor, where it moved most."""

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.session import Session


def score(session: Session, delta: Delta, config: GraftConfig) -> torch.Tensor:
    """-(rank + 1/2) / n of each weight in its tensor of n, (P,); rank 0 moved most.

    The top s of this give each tensor its share s n / P, rounded by Webster's method (Balinski
    and Young 1982): exactly s in all, and a smaller budget is part of a larger one, which the
    largest remainder does not promise. A last weight that several tensors claim goes to the first.
    A layer is, as in layer-wise pruning (Blalock et al. 2020, section 7.2), a weight matrix, a
    bias or a norm by itself.
    """
    movement = delta.movement()
    for _, span in delta.places():
        own = movement[span]
        order = own.sort(descending=True, stable=True).indices
        rank = torch.arange(len(own), dtype=torch.float64, device=own.device)
        own[order] = (-(rank + 0.5) / len(own)).to(own)
    return movement
