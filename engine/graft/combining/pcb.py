"""PCB: parameter competition balancing.

Over the columns that any skill holds, N skills, D weights:

    |tau|~_t  = |tau_t| between its values at the shares 0.0001 and 1 - 0.0001
    intra_t   = exp(N * norm(|tau|~_t)^2)                norm(x) = (x - min x) / (max x - min x)
    inter_t   = tanh(tau_t * sum_s tau_s)
    beta_t    = norm of intra_t * inter_t, where all below the top `ratio` of D count as the least
    theta     = theta_pre + scale * sum_t beta_t * sgn(tau_t) |tau|~_t / sum_t beta_t

Du et al. 2024, "Parameter Competition Balancing for Model Merging" (NeurIPS), in the form of their
published code (`PCB_merge` of pcb-merging.py). Of one skill it is a part of that skill: what is not
in its top `ratio` is dropped. The order of skills does not count.
"""

import torch

from engine.contract.kinds.combine import CombineConfig
from engine.graft.combining.vectors import Mixed, Vectors, total

_ENDS = 1e-4
"""Share of the weights at either end whose size is clipped."""


def combine(vectors: Vectors, config: CombineConfig) -> Mixed:
    """The weights that count enough in any skill."""
    tau = vectors.tau  # (N, D)
    if not tau.shape[1]:
        return Mixed(tau.sum(0), vectors.any)
    size = _clipped(tau.abs(), _ENDS, _ENDS)
    intra = torch.exp(len(tau) * _norm(size) ** 2)
    inter = torch.tanh(tau * total(tau))
    beta = _norm(_clipped(intra * inter, 1 - config.ratio, 0.0))
    whole = total(beta)
    mean = total(tau.sign() * size * beta) / whole.clamp(min=1e-12)
    return Mixed(config.scale * mean, whole > 0)


def _norm(numbers: torch.Tensor) -> torch.Tensor:
    """Each row from 0 to 1; 0 where all of it is one number."""
    least, most = numbers.amin(1, keepdim=True), numbers.amax(1, keepdim=True)
    return (numbers - least) / torch.where(most > least, most - least, 1.0)


def _clipped(numbers: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Each row between its values at the shares `low` and 1 - `high`."""
    many = numbers.shape[1]
    rising = numbers.sort(1).values
    first = min(many - 1, int(many * low))
    last = max(first, int(many * (1 - high) - 1))
    return numbers.clamp(rising[:, first : first + 1], rising[:, last : last + 1])
