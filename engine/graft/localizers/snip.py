"""SNIP: what taking one weight out of the pretrained network changes, to first order."""

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.graft.gradients import accumulate, epochs
from engine.session import Session


def score(session: Session, delta: Delta, config: GraftConfig) -> torch.Tensor:
    """|pre g|, (P,), with g the gradient of the training loss at the pretrained weights.

    The connection sensitivity of Lee et al. 2019 ("SNIP", section 4.1): the derivative of
    L(c * theta) by c at c = 1, in absolute value. They divide by its sum over all weights, which
    changes no order. `saliency` has the movement in the place of the weight. Over the rows of a
    mask's first update. Raises Cancelled.
    """
    session.model.eval()
    delta.theta.copy_(delta.pre)
    accumulate(session, next(epochs(session.data, config)))
    product = torch.mul(delta.pre, delta.grad).abs_()
    delta.grad.zero_()
    return product
