"""Gradient saliency: what putting one weight in is worth, to first order."""

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.graft.gradients import accumulate, epochs
from engine.session import Session


def score(session: Session, delta: Delta, config: GraftConfig) -> torch.Tensor:
    """|(tuned - pre) g|, (P,), with g the gradient of the training loss at the pretrained weights.

    The first term of the Taylor series of L(pre + delta_i e_i) - L(pre): how much the loss
    changes as weight i alone goes into the pretrained model (Molchanov et al. 2017, section 2.2;
    Lee et al. 2019, "SNIP", use the same product for pruning). Over the rows of a mask's first
    update. Raises Cancelled.
    """
    session.model.eval()
    delta.theta.copy_(delta.pre)
    accumulate(session, next(epochs(session.data, config)))
    product = torch.sub(delta.tuned, delta.pre).mul_(delta.grad).abs_()
    delta.grad.zero_()
    return product
