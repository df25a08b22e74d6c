"""DARE: drop and rescale, then task arithmetic.

    m_t ~ Bernoulli(keep), weight by weight
    tau^_t = m_t * tau_t / keep
    theta = theta_pre + scale * sum_t scales_t * tau^_t

Yu et al. 2024, "Language Models are Super Mario: Absorbing Abilities from Homologous Models as a
Free Lunch" (ICML); keep = 1 - p of theirs, the sum that of task arithmetic, which they put it
before. mergekit's `dare_linear` rescales to the same l1 norm in place of 1 / keep. Of one skill,
at keep 1 and scale 1, it is that skill; the order of skills does not count, since each is drawn
by the seed and its own numbers.
"""

from engine.contract.kinds.combine import CombineConfig
from engine.graft.combining.drawing import drawn
from engine.graft.combining.scales import scaled
from engine.graft.combining.vectors import Mixed, Vectors, total


def combine(vectors: Vectors, config: CombineConfig) -> Mixed:
    """The weights that are kept of any skill."""
    kept = drawn(vectors, config.seed) < config.keep
    summed = total(scaled(vectors, config) * kept / config.keep)
    return Mixed(config.scale * summed, kept.any(0))
