"""DELLA: MagPrune, elect, fuse.

    r_i  = rank of |tau_t,i| in its row of the matrix, 0 for the smallest to n - 1
    q_i  = keep - window / 2 + window * r_i / (n - 1)          chance to be kept
    tau^_t,i = tau_t,i / q_i where it is kept, else 0
    theta = theta_pre + scale * disjoint mean of the tau^_t, as of TIES

Deep, Bhardwaj, Poria 2024, "DELLA-Merging: Reducing Interference in Model Merging through
Magnitude-Based Sampling" (keep = 1 - p); ranks within rows, a bias being one row, as their code
has them (`rank_magnitude`, whose epsilon is half the window). A row with one weight keeps it with
chance `keep`. Of a graft, ranks are among the weights that it holds. Of one skill, at keep 1,
window 0 and scale 1, it is that skill, without what did not move; the order of skills does not
count, as of dare.
"""

import torch

from engine.contract.kinds.combine import CombineConfig
from engine.graft.combining.drawing import drawn
from engine.graft.combining.ties import agreed
from engine.graft.combining.vectors import Mixed, Vectors


def combine(vectors: Vectors, config: CombineConfig) -> Mixed:
    """The weights of a sign that are kept of any skill."""
    chance = torch.full_like(vectors.tau, config.keep)
    for stretch in vectors.stretches:
        row_of = vectors.index[stretch.span] // stretch.shape[-1]
        for row in range(len(vectors)):
            own = vectors.held[row, stretch.span]
            share = _rank(row_of[own], vectors.tau[row, stretch.span][own].abs())
            at = own.nonzero().flatten() + stretch.span.start
            chance[row, at] += config.window * (share - 0.5)
    kept = drawn(vectors, config.seed) < chance
    return agreed(torch.where(kept, vectors.tau / chance, 0.0), config)


def _rank(row: torch.Tensor, size: torch.Tensor) -> torch.Tensor:
    """Of each weight its place among those of its row by size, (n,): 0 the smallest, 1 the largest,
    0.5 where it is alone; `row`: (n,) rising."""
    order = torch.argsort(size, stable=True)
    order = order[torch.argsort(row[order], stable=True)]
    _, counts = torch.unique_consecutive(row, return_counts=True)
    starts = counts.cumsum(0) - counts
    rank = torch.arange(len(row), dtype=torch.float64) - starts.repeat_interleave(counts)
    most = (counts - 1).repeat_interleave(counts)
    share = torch.where(most > 0, rank / most.clamp(min=1), 0.5)
    ranked = torch.empty(len(row), dtype=torch.float64)
    ranked[order] = share
    return ranked
