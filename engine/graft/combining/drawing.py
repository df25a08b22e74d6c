"""Random numbers for what methods drop.

Owns what they hang on: the seed and the skill's own numbers. So a skill loses the same weights
whatever it is combined with and in whatever place, and each of several loses others.
"""

import hashlib

import torch

from engine.graft.combining.vectors import Vectors


def drawn(vectors: Vectors, seed: int) -> torch.Tensor:
    """(T, U) float64 in [0, 1), 1 where a skill does not hold the weight."""
    numbers = torch.ones_like(vectors.tau)
    for row in range(len(vectors)):
        own = vectors.tau[row, vectors.held[row]]
        generator = torch.Generator().manual_seed(_seed(seed, own))
        numbers[row, vectors.held[row]] = torch.rand(
            len(own), dtype=torch.float64, generator=generator
        )
    return numbers


def _seed(seed: int, own: torch.Tensor) -> int:
    hashed = hashlib.sha256(f"{seed}\n".encode())
    hashed.update(own.contiguous().numpy().astype("<f8", copy=False).data)
    return int.from_bytes(hashed.digest()[:8], "little") >> 1
