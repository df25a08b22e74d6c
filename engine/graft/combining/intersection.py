"""Intersection of skills.

    theta = theta_pre + scale * [all gamma_t = 1] * mean_t tau_t

The set operation that goes with the union of Localize-and-Stitch (He et al. 2024): where all skills
meet, it averages as that does. Of one skill, at scale 1, it is that skill; the order of skills does
not count.
"""

from engine.contract.kinds.combine import CombineConfig
from engine.graft.combining.vectors import Mixed, Vectors, total


def combine(vectors: Vectors, config: CombineConfig) -> Mixed:
    """The weights that all skills hold, by the mean of their changes; they may share none."""
    kept = vectors.held.all(0)
    return Mixed(config.scale * total(vectors.tau) / len(vectors) * kept, kept)
