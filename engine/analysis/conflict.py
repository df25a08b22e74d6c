"""Where skills pull a weight in opposite directions, and which weights count for how many tasks."""

import torch

from engine.graft.combining.vectors import Vectors, total


def conflicts(vectors: Vectors, i: int, j: int) -> dict[str, float]:
    """Of the weights that both hold, the share that moved in opposite directions: by count, and by
    mass, |tau_i| + |tau_j|. 0 where they share none; a weight that did not move opposes none.
    """
    both = vectors.held[i] & vectors.held[j]
    left, right = vectors.tau[i][both], vectors.tau[j][both]
    against = left.sign() * right.sign() < 0
    mass = left.abs() + right.abs()
    whole = float(mass.sum())
    return {
        "sign_conflict": float(against.double().mean()) if len(left) else 0.0,
        "sign_conflict_mass": float(mass[against].sum()) / whole if whole else 0.0,
    }


def uses(vectors: Vectors, threshold: float) -> torch.Tensor:
    """TALL masks, (T, U): where |tau_t| > threshold * |sum_s tau_s - tau_t|.

    Wang et al. 2024, "Localizing Task Information for Improved Model Merging and Compression"
    (ICML); the merged vector is that of task arithmetic, the comparison strict, as in their code
    (`generate_task_masks`).
    """
    merged = total(vectors.tau)
    return vectors.tau.abs() > threshold * (merged - vectors.tau).abs()


def used_by(vectors: Vectors, threshold: float) -> dict[str, float]:
    """Shares of the weights that a skill holds: `selfish` count for one task alone, `shared` for
    several, `catastrophic` for none, though the merged model moves them (the same paper)."""
    count = uses(vectors, threshold).sum(0)
    size = max(1, len(count))
    shares = {"selfish": count == 1, "shared": count > 1, "catastrophic": count == 0}
    return {name: int(chosen.sum()) / size for name, chosen in shares.items()}
