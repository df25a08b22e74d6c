"""Size: how few weights recover the skill, beside how few random ones do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graftui.results.evidence.card import CardLine, Figure, Unit, Verdict
from graftui.results.figures import counted


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


def size(own: Smallest, chance: Smallest, wanted: float, runs: Mapping[str, str]) -> CardLine:
    """`runs`: ids of both searches."""
    title, asks, refuted_by = line_of(wanted)
    if own.most < chance.least:
        verdict = Verdict.holds
    else:
        verdict = Verdict.fails if own.least > chance.most else Verdict.chance
    figures = (_figure("smallest region", own), _figure("smallest at random", chance))
    because = f"{chance.weights / max(1, own.weights):,.1f} times as many random weights are needed"
    return CardLine(title, asks, verdict, refuted_by, figures, because, tuple(runs.values()))


def _figure(name: str, search: Smallest) -> Figure:
    n = f"{counted(search.tried, 'size')} tried"
    return Figure(name, search.weights, Unit.weights, search.least, search.most, n)
