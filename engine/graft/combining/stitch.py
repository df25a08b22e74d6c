"""Stitching with a scale for each skill.

    theta = theta_pre + scale * sum_t scales_t * gamma'_t * tau_t        gamma' as of the union

The union of Localize-and-Stitch (He et al. 2024) with the coefficient of task arithmetic put before
each skill. Of one skill, at scales of 1, it is that skill; the order of skills does not count, so
long as each keeps its scale.
"""

from engine.contract.kinds.combine import CombineConfig
from engine.graft.combining.scales import scaled
from engine.graft.combining.vectors import Mixed, Vectors, total


def combine(vectors: Vectors, config: CombineConfig) -> Mixed:
    """All weights that a skill holds; where several do, the mean of their scaled changes."""
    mean = total(scaled(vectors, config)) / vectors.held.sum(0).clamp(min=1)
    return Mixed(config.scale * mean, vectors.any)
