"""Stability: whether the region is found again from other data, and from another training.

Owns the reading of overlaps with this graft; the counts are the engine's, which is asked
(skill.diff). Formulas of both nulls: engine/analysis/overlap.py.
"""

from collections.abc import Sequence
from statistics import fmean

from engine.contract.questions.skills import SkillPair
from graftui.results.evidence.card import CardLine, Figure, Unit, Verdict
from graftui.results.evidence.reading import figure
from graftui.results.figures import counted, probability
from graftui.results.statistics.intervals import Interval, mean_interval

_LEVEL = 0.05
_REFUTED_BY = (
    "the regions of other seeds share no more weights with it than random regions with the same "
    "counts in each tensor do"
)


def line_of(seeds: str) -> tuple[str, str, str]:
    """Title, question and refutation; `seeds`: which ones differ, such as "data seeds"."""
    return (
        f"stability over {seeds}",
        f"is the region found again with other {seeds}?",
        _REFUTED_BY,
    )


def stability(seeds: str, pairs: Sequence[SkillPair], runs: Sequence[str]) -> CardLine:
    """`pairs`: this graft and that of each other seed, one or more.

    Holds where each pair shares more than by chance by tensor, at 0.05 / pairs (Bonferroni).
    """
    title, asks, refuted_by = line_of(seeds)
    n = counted(len(pairs), "pair")
    shared = [pair.overlap for pair in pairs]
    nulls = {
        "chance alone": [pair.expected for pair in pairs],
        "chance in each tensor": [pair.expected_by_tensor for pair in pairs],
    }
    overlaps = [pair.jaccard for pair in pairs]
    figures = [figure("Jaccard", fmean(overlaps), _within(overlaps), n)]
    figures.append(Figure("weights in common", fmean(shared), Unit.weights, n=n))
    for name, expected in nulls.items():
        figures.append(Figure(f"{name} gives", fmean(expected), Unit.weights, n=n))
    bound = _LEVEL / len(pairs)
    largest = max(pair.p_by_tensor for pair in pairs)
    verdict = Verdict.holds if largest < bound else Verdict.chance
    because = f"the largest P(as many by chance in each tensor) is {probability(largest)}"
    return CardLine(title, asks, verdict, refuted_by, tuple(figures), because, tuple(runs))


def _within(overlaps: Sequence[float]) -> Interval | None:
    """The t interval, cut where no Jaccard index can be."""
    wide = mean_interval(overlaps)
    return wide and Interval(max(0.0, wide.low), min(1.0, wide.high), wide.level)
