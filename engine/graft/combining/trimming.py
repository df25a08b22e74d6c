"""Which of a skill's weights are its largest: what TIES and others keep of it."""

from collections.abc import Iterable

import torch

from engine.graft.combining.vectors import Vectors
from engine.graft.mask import top


def stretches(vectors: Vectors, within: str) -> Iterable[slice]:
    """Columns that compete with each other: all (`model`), or those of each tensor (`tensor`)."""
    return vectors.spans() if within == "tensor" else [slice(0, vectors.tau.shape[1])]


def count(share: float, of: int) -> int:
    """A share of so many weights, rounded down as the published codes do; at least one of some."""
    return min(of, max(1, int(share * of)))


def largest(vectors: Vectors, keep: float, within: str) -> torch.Tensor:
    """(T, U) bool: the share `keep` of each skill's own weights that moved most; of equal ones
    the first."""
    kept = torch.zeros_like(vectors.held)
    for span in stretches(vectors, within):
        for row in range(len(vectors)):
            own = vectors.held[row, span].nonzero().flatten() + span.start
            chosen = top(vectors.tau[row, own].abs(), count(keep, len(own)))
            kept[row, own[chosen]] = True
    return kept
