"""What was foretold of subsets beside what was measured: their rank correlation."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from engine.analysis.interference import MEASURES

LEAST = 3
"""Subsets that a rank correlation says anything of."""


def correlations(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Measure -> Spearman's rho with the mean drop over the rows, its p, and how many rows; without
    measures that are the same in all rows, and empty of fewer than LEAST rows."""
    from scipy.stats import spearmanr

    drops = [float(row["drop"]) for row in rows]
    if len(rows) < LEAST or len(set(drops)) == 1:
        return {}
    known = {}
    for measure in MEASURES:
        values = [float(row[measure]) for row in rows]
        if len(set(values)) > 1:
            rho, p = spearmanr(values, drops)
            if math.isfinite(rho):
                known[measure] = {"rho": float(rho), "p": float(p), "n": float(len(rows))}
    return known
