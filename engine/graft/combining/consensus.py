"""Consensus merging: without the weights that count for one task or for none.

    m_t   = [ |tau_t| > threshold * |tau_sum - tau_t| ]           tau_sum = sum_t tau_t
    m     = [ sum_t m_t >= agree ]
    theta = theta_pre + scale * m * tau_sum

Wang et al. 2024, "Localizing Task Information for Improved Model Merging and Compression" (ICML),
TALL-masks and Consensus Merging; threshold = lambda, which they choose for each task on held-out
rows; agree = k, 2 of theirs, and never more than there are skills. Of one skill, at scale 1, it is
that skill, without what did not move; the order of skills does not count.
"""

from engine.analysis.conflict import uses
from engine.contract.kinds.combine import CombineConfig
from engine.graft.combining.vectors import Mixed, Vectors, total


def combine(vectors: Vectors, config: CombineConfig) -> Mixed:
    """The weights that count for `agree` tasks."""
    kept = uses(vectors, config.threshold).sum(0) >= min(config.agree, len(vectors))
    return Mixed(config.scale * total(vectors.tau) * kept, kept)
