"""McNemar's exact test: of the rows that two columns answer differently well, is one ahead?

    p = P(|X - m/2| >= |gained - m/2|),  X ~ Binomial(m, 1/2),  m = lost + gained
    (McNemar 1947, conditional on the discordant pairs; scipy.stats.binomtest)

Over seeds: where each seed has rows of its own, the discordant pairs are added up. Where seeds
share their rows, answers to one row are no independent draws, so each *row* counts once, by the
sign of what it gains over all seeds together; a row that gains nothing in all is no discordant one.
Of one seed both are McNemar's test.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Discordant:
    """The pairs of which one side is right alone, and what they say."""

    gained: int
    """Rows where ours is right, and theirs is not."""
    lost: int
    p: float
    """Two-sided; 1 where there is no such pair."""


def mcnemar(gained: int, lost: int) -> Discordant:
    """The test of these counts."""
    from scipy import stats

    pairs = gained + lost
    p = float(stats.binomtest(gained, pairs, 0.5).pvalue) if pairs else 1.0
    return Discordant(gained, lost, p)


def over_seeds(by_seed: Sequence[npt.ArrayLike], shared: bool = False) -> Discordant:
    """The test of differences: of each seed a value a row, below 0 where it is lost, above 0
    where it is gained. `shared`: row k is the same in each seed.
    """
    rows = [np.asarray(values, dtype=np.float64) for values in by_seed]
    if not rows:
        return mcnemar(0, 0)
    signs = np.sign(np.sum(rows, axis=0)) if shared else np.sign(np.concatenate(rows))
    return mcnemar(int((signs > 0).sum()), int((signs < 0).sum()))
