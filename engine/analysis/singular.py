"""Singular task interference of one weight matrix (STI).

    Delta_t = U_t S_t V_t'           of each task's change of the matrix
    STI     = || (U'U - I) S (V'V - I) ||_1        U = [U_1 ... U_T], V likewise, S block-diagonal

Gargiulo et al. 2025, "Task Singular Vectors: Reducing Task Interference in Model Merging" (CVPR),
its definition of singular task interference. ||.||_1 is read as the sum of absolute entries; all
singular vectors with a singular value above rounding are taken. It is 0 of one task, and where the
tasks' singular vectors are orthogonal. A graft touches few rows and columns, and the others have no
part in its singular vectors: the SVD is of what it touches.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """The singular value decomposition of a change."""

    rows: torch.Tensor  # (m,) int64, rising: rows of the matrix that it touches
    columns: torch.Tensor  # (n,) int64, rising
    left: torch.Tensor  # (m, r) float64
    sizes: torch.Tensor  # (r,) float64, above 0
    right: torch.Tensor  # (n, r) float64


def factors(index: torch.Tensor, change: torch.Tensor, columns: int) -> Factors:
    """Of a matrix that is 0 but for `change`, (k,), at flat `index`, (k,); `columns`: its width."""
    moved = change != 0
    index, change = index[moved], change[moved].double()
    rows, row = torch.unique(index // columns, return_inverse=True)
    touched, column = torch.unique(index % columns, return_inverse=True)
    small = torch.zeros(len(rows), len(touched), dtype=torch.float64)
    small[row, column] = change
    left, sizes, right = torch.linalg.svd(small, full_matrices=False)
    eps = torch.finfo(torch.float64).eps * max(small.shape, default=0)
    kept = sizes > eps * (sizes[0] if len(sizes) else 0.0)
    return Factors(rows, touched, left[:, kept], sizes[kept], right[kept].T)


def interference(parts: Sequence[Factors]) -> float:
    """STI of two or more tasks' changes of one matrix."""
    sizes = torch.cat([part.sizes for part in parts])  # (R,)
    eye = torch.eye(len(sizes), dtype=torch.float64)
    left = _gram([(part.rows, part.left) for part in parts]) - eye
    right = _gram([(part.columns, part.right) for part in parts]) - eye
    return float(((left * sizes) @ right).abs().sum())


def _gram(parts: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
    """U'U of vectors that lie at some places of a longer one, (R, R)."""
    places = torch.unique(torch.cat([at for at, _ in parts]))
    whole = torch.zeros(len(places), sum(v.shape[1] for _, v in parts), dtype=torch.float64)
    start = 0
    for at, vectors in parts:
        stop = start + vectors.shape[1]
        whole[torch.searchsorted(places, at), start:stop] = vectors
        start = stop
    return whole.T @ whole
