"""Movement in units of the last place: how many steps of the stored precision a weight went."""

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.graft.last_place import ulp
from engine.session import Session

LARGEST = torch.finfo(torch.float32).max
EXACT = (torch.bfloat16, torch.float16)
"""Narrower than float32; the first in which all weights are exact is what they are stored as."""


def score(session: Session, delta: Delta, config: GraftConfig) -> torch.Tensor:
    """|tuned - pre| / ulp(pre), (P,), ulp(x) the unit in the last place of x in the storage dtype
    (Goldberg 1991, section 1.2): a movement below 1 is lost where it is stored.

    The dtype is told by the weights themselves (`stored_in`). What the method chooses, and that the
    pretrained value sets the unit, is our own.
    """
    dtype = stored_in(delta)
    steps = torch.empty_like(delta.pre)
    for part in delta.parts():
        pre, tuned = delta.pre[part].double(), delta.tuned[part].double()
        steps[part] = (tuned - pre).abs_().div_(ulp(pre, dtype)).clamp_(max=LARGEST)
    return steps


def stored_in(delta: Delta) -> torch.dtype:
    """bfloat16 or float16 where each pretrained weight is exact in it, or else float32."""
    for dtype in EXACT:
        if all(delta.pre[part].equal(delta.pre[part].to(dtype).float()) for part in delta.parts()):
            return dtype
    return torch.float32
