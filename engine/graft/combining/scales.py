"""What a skill's change is multiplied by: `combine.scales`, one a skill."""

import torch

from engine.contract.kinds.combine import CombineConfig
from engine.graft.combining.vectors import Vectors


def scaled(vectors: Vectors, config: CombineConfig) -> torch.Tensor:
    """scales_t * tau_t, (T, U); tau as it is where no scales are given."""
    if not config.scales:
        return vectors.tau
    return vectors.tau * torch.tensor(config.scales, dtype=torch.float64).unsqueeze(1)
