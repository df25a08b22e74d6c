"""Masks: how many weights, and the exact top-s of a score.

A mask is a sorted int64 tensor of indices into the flat buffers of `Delta`.
"""

import torch

from engine.errors import ConfigError

# Entries that a sample of scores holds.
_SAMPLE = 1 << 20


def budget(sparsity: float, total: int) -> int:
    """How many of `total` weights: a whole number is a count, a float a fraction (at least 1).

    Raises ConfigError for a count beyond `total`.
    """
    if isinstance(sparsity, int):
        if sparsity > total:
            raise ConfigError(
                f"graft.sparsity = {sparsity} weights, but {total:,} are maskable",
                "give a smaller count, or a fraction such as 1e-4",
            )
        return sparsity
    return max(1, round(sparsity * total))


def top(score: torch.Tensor, s: int) -> torch.Tensor:
    """Indices of exactly the `s` largest entries of `score`; among equals the first ones.

    The reference keeps what is above the s-th value and so drops all its ties.
    """
    if s == 0:
        return torch.empty(0, dtype=torch.int64, device=score.device)
    bound = largest(score, s)
    above = (score > bound).nonzero().flatten()
    level = (score == bound).nonzero().flatten()[: s - len(above)]
    return torch.cat([above, level]).sort().values


def largest(score: torch.Tensor, s: int) -> torch.Tensor:
    """The s-th largest entry (s >= 1): topk over what lies above a guess that a sample gives.

    Selecting from all of 85 M entries takes several times as long.
    """
    step = max(1, len(score) // _SAMPLE)
    sample = score[::step]
    wanted = 2 * s * len(sample) // len(score) + 32  # twice as many: hardly ever too few
    if wanted < len(sample):
        above = score[score >= torch.topk(sample, wanted, sorted=False).values.min()]
        if len(above) >= s:
            score = above
    return torch.topk(score, s, sorted=False).values.min()
