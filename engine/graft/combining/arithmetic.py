"""Task arithmetic.

    theta = theta_pre + scale * sum_t scales_t * tau_t

Ilharco et al. 2023, "Editing Models with Task Arithmetic" (ICLR), section 2: tau_new is the sum of
the task vectors, and one scale, chosen on held-out rows, is put before it. Of one skill, at scale
1, it is that skill; the order of skills does not count.
"""

from engine.contract.kinds.combine import CombineConfig
from engine.graft.combining.scales import scaled
from engine.graft.combining.vectors import Mixed, Vectors, total


def combine(vectors: Vectors, config: CombineConfig) -> Mixed:
    """All weights that a skill holds, by the sum of their changes."""
    return Mixed(config.scale * total(scaled(vectors, config)), vectors.any)
