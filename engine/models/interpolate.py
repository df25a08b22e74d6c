"""Networks between two of one shape: WiSE-FT (Wortsman et al. 2022, "Robust fine-tuning of
zero-shot models", equation 1).

    theta(alpha) = theta_pre + alpha (theta_ft - theta_pre)          alpha in [0, 1]
"""

from collections.abc import Iterator, Sequence

import torch
from torch import nn


def interpolations(pre: nn.Module, tuned: nn.Module, alphas: Sequence[float]) -> Iterator[float]:
    """Each alpha, while `tuned` holds the weights between `pre` and itself; after the last one, or
    when the caller leaves, the weights that it came with.

    At 0 they are those of `pre`, at 1 those of `tuned`, bit for bit.
    """
    own = dict(pre.named_parameters())
    moved = [(p, own[n].detach()) for n, p in tuned.named_parameters() if not p.equal(own[n])]
    ends = [parameter.detach().clone() for parameter, _ in moved]
    try:
        for alpha in alphas:
            for (parameter, start), end in zip(moved, ends, strict=True):
                # lerp counts from the nearer end, so that both ends are exact.
                parameter.data.copy_(torch.lerp(start, end, alpha))
            yield alpha
    finally:
        for (parameter, _), end in zip(moved, ends, strict=True):
            parameter.data.copy_(end)
