"""Where the masks that start from movement begin."""

import torch

from engine.graft.delta import Delta
from engine.graft.mask import largest


def relative_movement(delta: Delta, base: torch.Tensor) -> torch.Tensor:
    """|tuned - pre| in units of the s-th largest, (P,): at least 1 in the base patch, below 1
    outside it.

    Of the base patch from movement this changes no order; a stored one is lifted over the rest.
    """
    found = delta.movement()
    if len(base):
        found /= largest(found, len(base)).clamp(min=torch.finfo(found.dtype).tiny)
    inside = found[base].clamp_(min=1)
    found.clamp_(max=1 - torch.finfo(found.dtype).eps)
    found[base] = inside
    return found
