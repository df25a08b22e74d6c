"""Union of skills, as Localize-and-Stitch puts them together.

    gamma'_t = gamma_t / sum_j gamma_j            (weight by weight; 0 where no skill holds it)
    theta = theta_pre + scale * sum_t gamma'_t * tau_t

He, Hu, Lin, Zhang, Zhao 2024, "Localize-and-Stitch: Efficient Model Merging via Sparse Task
Arithmetic", its stitching step; their code (`Stitcher.get_average_masks`) does the same. Of one
skill, at scale 1, it is that skill; the order of skills does not count.
"""

from engine.contract.kinds.combine import CombineConfig
from engine.graft.combining.vectors import Mixed, Vectors, total


def combine(vectors: Vectors, config: CombineConfig) -> Mixed:
    """All weights that a skill holds; where several do, the mean of their changes."""
    mean = total(vectors.tau) / vectors.held.sum(0).clamp(min=1)
    return Mixed(config.scale * mean, vectors.any)
