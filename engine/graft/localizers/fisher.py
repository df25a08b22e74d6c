"""Fisher-weighted movement: what taking one weight out costs, to second order."""

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.graft.gradients import accumulate, epochs
from engine.session import Session


def score(session: Session, delta: Delta, config: GraftConfig) -> torch.Tensor:
    """(tuned - pre)^2 F, (P,), with F the empirical Fisher information of the fine-tuned model.

    F_i is the mean over examples of the squared derivative of log p(label) (for a regression, of
    minus its loss). delta_i^2 F_i / 2 is the second-order cost of putting the pretrained value
    back (LeCun et al. 1990; with the Fisher as curvature Theis et al. 2018; as a fixed mask Sung
    et al. 2021). One example a pass, over the rows of a mask's first update. Raises Cancelled.
    """
    session.model.eval()
    delta.theta.copy_(delta.tuned)
    fisher = torch.zeros_like(delta.pre)
    rows = next(epochs(session.data, config))
    for row in rows:
        accumulate(session, [row])
        for part in delta.parts():
            grad = delta.grad[part]
            fisher[part].addcmul_(grad, grad, value=1 / len(rows))
            grad.zero_()
    moved = delta.pre.new_empty(min(delta.chunk, len(delta)))
    for part in delta.parts():
        out = moved[: part.stop - part.start]
        torch.sub(delta.tuned[part], delta.pre[part], out=out)
        fisher[part].mul_(out).mul_(out)
    return fisher
