"""Masks: how many weights, and the exact top-s of a score.

A mask is a sorted int64 tensor of indices into the flat buffers of `Delta`.
"""

import torch

from engine.errors import ConfigError

# Blocks that scores are cut into, each of which its largest entry stands for.
_SAMPLE = 1 << 18


def budget(sparsity: float, total: int, setting: str = "graft.sparsity") -> int:
    """How many of `total` weights: a whole number is a count, a float a fraction (at least 1).

    Raises ConfigError for a count beyond `total`.
    """
    if isinstance(sparsity, int):
        if sparsity > total:
            raise ConfigError(
                f"{setting} = {sparsity} weights, but {total:,} are maskable",
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
    index = _contenders(score, s)
    values = score[index]
    bound = torch.topk(values, s, sorted=False).values.min()
    above = index[values > bound]
    level = index[values == bound][: s - len(above)]
    return torch.cat([above, level]).sort().values


def largest(score: torch.Tensor, s: int) -> torch.Tensor:
    """The s-th largest entry (s >= 1)."""
    return torch.topk(score[_contenders(score, s)], s, sorted=False).values.min()


def _contenders(score: torch.Tensor, s: int) -> torch.Tensor:
    """Sorted indices of at least the `s` largest entries, and of all that equal the least of them.

    At least s entries reach the s-th largest of the blocks' maxima, so the blocks below it are
    out. That is one pass over the scores; topk over 85 M of them takes ten times as long.
    """
    block = max(1, len(score) // max(_SAMPLE, 4 * s))
    whole = len(score) // block * block
    blocks = score[:whole].view(-1, block)
    maxima = blocks.amax(1)
    least = torch.topk(maxima, s, sorted=False).values.min()
    kept = (maxima >= least).nonzero().flatten()
    row, column = (blocks[kept] >= least).nonzero(as_tuple=True)
    rest = (score[whole:] >= least).nonzero().flatten()
    return torch.cat([kept[row] * block + column, rest + whole])
