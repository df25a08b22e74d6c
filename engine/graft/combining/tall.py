"""TALL masks: one sum of all changes, of which each task gets what counts for it.

    m_t     = [ |tau_t| > threshold * |tau_sum - tau_t| ]         tau_sum = sum_t tau_t
    theta_t = theta_pre + m_t * tau_sum

Wang et al. 2024, "Localizing Task Information for Improved Model Merging and Compression" (ICML),
TALL-masks as they compress checkpoints with; threshold = lambda. The skill of all tasks is tau_sum.
Of one skill it is that skill, whose task gets it without what did not move; the order of skills
does not count.
"""

from engine.analysis.conflict import uses
from engine.contract.kinds.combine import CombineConfig
from engine.graft.combining.vectors import Mixed, Vectors, total


def combine(vectors: Vectors, config: CombineConfig) -> Mixed:
    """The sum, and what each task gets of it."""
    summed = total(vectors.tau)
    own = tuple(Mixed(summed * mask, mask) for mask in uses(vectors, config.threshold))
    return Mixed(summed, vectors.any, own)
