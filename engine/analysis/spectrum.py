"""Rank and spectral norm of a difference of two matrices, of any size.

Exact where the part that changed at all is small: rows and columns of zeros have no part in the
singular values. Else by torch.svd_lowrank, the randomized range finder with power iterations of
Halko, Martinsson and Tropp 2011 (SIAM Review 53(2), algorithms 4.4 and 5.1), seeded: its values are
at most the true ones, so the norm is one from below, and the rank at least what it counts.
"""

from dataclasses import dataclass
from typing import Literal

import torch

SIDE, ENTRIES = 1024, 1 << 22
"""Of what changed, the shorter side and the entries up to which the decomposition is exact."""
SKETCH, POWERS, SEED = 64, 2, 0


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Of one difference."""

    spectral: float
    """Largest singular value."""
    rank: int
    """Singular values above spectral x the longer side x the epsilon of float32: the tolerance of
    numpy.linalg.matrix_rank, for values that float32 held."""
    method: Literal["exact", "randomized"]
    at_least: bool
    """The rank may be higher: all values of the sketch are above the tolerance."""


def spectrum(change: torch.Tensor) -> Spectrum:
    """Of a difference, (m, n) float32, finite. The same bits each time on a CPU."""
    rows, columns = change.any(1), change.any(0)
    sides = int(rows.sum()), int(columns.sum())
    if not sides[0]:
        return Spectrum(0.0, 0, "exact", False)
    exact = min(sides) <= SIDE and sides[0] * sides[1] <= ENTRIES
    values = torch.linalg.svdvals(change[rows][:, columns].double()) if exact else _sketched(change)
    tolerance = values[0] * max(change.shape) * torch.finfo(torch.float32).eps
    rank = int((values > tolerance).sum())
    at_least = not exact and rank == len(values)
    return Spectrum(float(values[0]), rank, "exact" if exact else "randomized", at_least)


def _sketched(change: torch.Tensor) -> torch.Tensor:
    """The largest singular values, (SKETCH,) falling, each from below."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return torch.svd_lowrank(change, q=min(SKETCH, *change.shape), niter=POWERS)[1]
