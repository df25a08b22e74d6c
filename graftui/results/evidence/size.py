"""Size: how few weights recover the skill, beside how few random ones do.

Each search says how few weights of one ranking recover it, with an interval over test rows. What
another random ranking would need is foretold on a logarithmic scale from those that were drawn:

    another     10^(m ± t(k - 1, 0.975) s sqrt(1 + 1/k)),  m, s of log10 of the k random sizes
                (Student's prediction interval, as in rule.py)
    at random   from the lower of `another` and the least of the random intervals over rows, to the
                higher of both: what rows and what rankings may do

Told apart is a region whose interval over rows does not meet that.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from graftui.results.evidence.card import CardLine, Figure, Unit, Verdict
from graftui.results.evidence.rule import prediction
from graftui.results.figures import counted
from graftui.results.statistics.intervals import Interval

FEWEST = 2
"""Random rankings, from which on what another one would need can be foretold."""


def line_of(wanted: float) -> tuple[str, str, str]:
    """Title, question and refutation of a recovery `wanted`."""
    return (
        "size",
        f"how few weights recover {100 * wanted:g} %, and do as few random ones?",
        "as few weights at random places recover as much",
    )


@dataclass(frozen=True, slots=True)
class Smallest:
    """What a search for the smallest graft came to."""

    weights: int
    least: int
    """Ends of its 95 % interval, over test rows."""
    most: int
    tried: int
    """Sizes that were evaluated."""


def smallest(result: Any) -> Smallest | None:
    """In a graft's result.json; None where there is none, or from before it had an interval."""
    try:
        known = result["recover"]
        weights, least, most = (int(known[name]) for name in ("weights", "least", "most"))
        return Smallest(weights, least, most, len(known["tried"]))
    except (KeyError, TypeError, ValueError):
        return None


def size(own: Smallest, chance: Sequence[Smallest], wanted: float, runs: Sequence[str]) -> CardLine:
    """`chance`: of FEWEST random rankings or more; `runs`: ids of all searches."""
    title, asks, refuted_by = line_of(wanted)
    random = at_random(chance)
    if own.most < random.low:
        verdict = Verdict.holds
    else:
        verdict = Verdict.fails if own.least > random.high else Verdict.chance
    middle = _middle(chance)
    rankings = counted(len(chance), "ranking")
    figures = (
        Figure("smallest region", own.weights, Unit.weights, own.least, own.most,
               f"{counted(own.tried, 'size')} tried"),
        Figure("one more at random", middle, Unit.weights, random.low, random.high, rankings),
    )  # fmt: skip
    because = f"{middle / max(1, own.weights):,.1f} times as many random weights are needed"
    return CardLine(title, asks, verdict, refuted_by, figures, because, tuple(runs))


def at_random(chance: Sequence[Smallest]) -> Interval:
    """Within which one more random ranking is to be expected."""
    logs = [math.log10(max(1, search.weights)) for search in chance]
    reach, mean = prediction(logs).high, fmean(logs)
    return Interval(
        min(10 ** (mean - reach), *(search.least for search in chance)),
        max(10 ** (mean + reach), *(search.most for search in chance)),
    )


def _middle(chance: Sequence[Smallest]) -> float:
    """The geometric mean."""
    return float(10 ** fmean(math.log10(max(1, search.weights)) for search in chance))
