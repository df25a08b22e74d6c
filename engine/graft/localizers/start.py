"""Where the masks that start from movement begin."""

import torch

from engine.graft.delta import Delta
from engine.graft.mask import largest


def relative_movement(delta: Delta, base: torch.Tensor) -> torch.Tensor:
    """|tuned - pre| in units of the s-th largest, (P,): at least 1 in the base patch, below 1
    outside it.

    Of the base patch from movement this changes no order; a stored one is lifted over the rest.
    """
    movement = delta.movement()
    if len(base):
        movement /= largest(movement, len(base)).clamp(min=torch.finfo(movement.dtype).tiny)
    inside = movement[base].clamp_(min=1)
    movement.clamp_(max=1 - torch.finfo(movement.dtype).eps)
    movement[base] = inside
    return movement
