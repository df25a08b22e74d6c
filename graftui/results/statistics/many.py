"""P values of many tests at once: adjusted, so that a bound on them is one on false discoveries.

    adjusted p of the i-th least of m   min over j >= i of  p_j m / j (1 + 1/2 + ... + 1/m), or 1
    (Benjamini and Yekutieli 2001, theorem 1.3; scipy.stats.false_discovery_control, method "by")

Of those below q, a share of at most q is expected to be chance, however the tests hang together.
Cells of a map and pairs of skills do: what lies in one part does not lie in another, and pairs have
skills in common, so that the smaller correction of Benjamini and Hochberg (1995), for tests that
are independent or go together, is not shown to hold for them.
"""

from collections.abc import Sequence


def adjusted(tails: Sequence[float]) -> list[float]:
    """The adjusted p values, in the order of `tails`, each of 0 to 1."""
    if not tails:
        return []
    from scipy import stats

    return [float(p) for p in stats.false_discovery_control(tails, method="by")]
