"""EMR: elect a unified vector, mask and rescale it for each task.

    sign     = +1 where sum_t tau_t > 0, else -1
    tau_uni  = sign * max of those |tau_t| whose tau_t has that sign (0 where none has)
    M_t      = [ tau_t * tau_uni > 0 ]
    lambda_t = sum |tau_t| / sum |M_t * tau_uni|
    theta_t  = theta_pre + lambda_t * M_t * tau_uni

Huang et al. 2024, "EMR-Merging: Tuning-Free High-Performance Model Merging" (NeurIPS).
The sums are over all weights; their code adds up the means of tensors. The skill of all tasks is
tau_uni. Of one skill it is that skill, without what did not move; the order of skills does not
count.
"""

import torch

from engine.contract.kinds.combine import CombineConfig
from engine.graft.combining.vectors import Mixed, Vectors, total


def combine(vectors: Vectors, config: CombineConfig) -> Mixed:
    """The unified vector, and what each task gets of it."""
    tau = vectors.tau
    sign = torch.where(total(tau) > 0, 1.0, -1.0).double()
    unified = sign * torch.where(tau * sign > 0, tau.abs(), 0.0).amax(0)
    masks = tau * unified > 0
    own = tuple(_own(row, unified, mask) for row, mask in zip(tau, masks, strict=True))
    return Mixed(unified, unified != 0, own)


def _own(row: torch.Tensor, unified: torch.Tensor, mask: torch.Tensor) -> Mixed:
    masked = unified * mask
    size = float(masked.abs().sum())
    return Mixed(masked * (float(row.abs().sum()) / size if size else 1.0), mask)
