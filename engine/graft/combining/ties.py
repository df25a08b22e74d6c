"""TIES-Merging: trim, elect sign, disjoint mean.

    tau^_t  = tau_t where |tau_t| is among the share `keep` of its largest, else 0
    sign    = sgn(sum_t tau^_t); where that is 0, the sign that most weights were given
    theta   = theta_pre + scale * mean of those tau^_t != 0 whose sign is `sign`

Yadav et al. 2023, "TIES-Merging: Resolving Interference When Merging Models" (NeurIPS), algorithm
1; the tie of signs as their code has it (`resolve_sign`, "majority"). Of a graft the share is of
the weights that it holds. They trim over the whole model; `within = tensor`, and the sum of the
scales in place of a count, is what mergekit does. Of one skill at keep 1 and scale 1 it is that
skill, without what did not move; the order of skills does not count.
"""

import torch

from engine.contract.kinds.combine import CombineConfig
from engine.graft.combining.trimming import largest
from engine.graft.combining.vectors import Mixed, Vectors, total


def combine(vectors: Vectors, config: CombineConfig) -> Mixed:
    """Raises nothing: of no weights it makes none."""
    kept = largest(vectors, config.keep, config.within)
    return agreed(vectors.tau * kept, config)


def agreed(trimmed: torch.Tensor, config: CombineConfig) -> Mixed:
    """The disjoint mean of (T, U) changes that are 0 where a skill has none."""
    scales = torch.tensor(config.scales or [1.0] * len(trimmed), dtype=torch.float64).unsqueeze(1)
    weighed = trimmed * scales
    sign = elected(weighed)
    chosen = (weighed.sign() == sign) & (weighed != 0)
    share = total(chosen * scales)
    share = torch.where(share == 0, 1.0, share)
    movement = config.scale * total(weighed * chosen) / share
    return Mixed(movement, chosen.any(0))


def elected(trimmed: torch.Tensor) -> torch.Tensor:
    """The sign of each column, (U,) of 1 and -1; 0 where all columns together have none."""
    sign = total(trimmed).sign()
    return torch.where(sign == 0, sign.sum().sign(), sign)
