"""Model Breadcrumbs.

Of the n weights of each tensor by |tau_t|, rising, the top `outliers` * n are dropped, and of the
rest the largest `keep` * n are kept (m_t = 1):

    theta = theta_pre + scale * sum_t scales_t * m_t * tau_t

Davari and Belilovsky 2024, "Model Breadcrumbs: Scaling Multi-Task Model Merging with Sparse Masks"
(ECCV), whose masks are per layer; gamma = outliers, beta = 1 - keep - outliers. The
counts, rounded down, and outliers that give way where both do not fit, are mergekit's; their code
takes them row by row. Of a graft n counts the weights that it holds. Of one skill, at keep 1 and
scale 1, it is that skill; the order of skills does not count.
"""

import torch

from engine.contract.kinds.combine import CombineConfig
from engine.graft.combining.scales import scaled
from engine.graft.combining.vectors import Mixed, Vectors, total


def combine(vectors: Vectors, config: CombineConfig) -> Mixed:
    """The weights that are kept of any skill."""
    kept = torch.zeros_like(vectors.held)
    for span in vectors.spans():
        for row in range(len(vectors)):
            own = vectors.held[row, span].nonzero().flatten() + span.start
            rising = own[torch.argsort(vectors.tau[row, own].abs(), stable=True)]
            many = int(config.keep * len(own))
            low = max(0, len(own) - many - int(config.outliers * len(own)))
            kept[row, rising[low : low + many]] = True
    return Mixed(config.scale * total(scaled(vectors, config) * kept), kept.any(0))
