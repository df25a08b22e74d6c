"""A card in words: one vocabulary for the terminal, the dashboard and files."""

from collections.abc import Iterator

from graftui.results.evidence.card import Card, Figure, Unit
from graftui.results.figures import percent, rounded
from graftui.results.times import moment

HEADS = ("claim", "verdict", "figure", "value", "95 % interval", "n")


def heading(card: Card) -> str:
    """What the card is of, in a line."""
    share = f"{100 * card.fraction:.3g} % of the weights"
    return f"{card.makes} of {card.task} in {card.model}: {card.weights:,} weights, {share}"


def made(card: Card) -> str:
    """When."""
    return f"made {moment(card.made_at)}"


def value(figure: Figure) -> str:
    """With its unit."""
    return f"{_number(figure, figure.value)}{_UNITS[figure.unit]}"


def interval(figure: Figure) -> str:
    """Empty: it has none."""
    if figure.low is None or figure.high is None:
        return ""
    return f"{_number(figure, figure.low)} to {_number(figure, figure.high)}"


def rows(card: Card) -> Iterator[tuple[str, ...]]:
    """By the heads: a row a figure; claim and verdict stand in the first row of a line alone."""
    for line in card.lines:
        first = (line.title, line.verdict.value)
        for figure in line.figures:
            yield (*first, figure.name, value(figure), interval(figure), figure.n)
            first = ("", "")
        if not line.figures:
            yield (*first, "", "", "", line.because)


_UNITS = {Unit.share: " %", Unit.points: " points", Unit.weights: " weights", Unit.number: ""}


def _number(figure: Figure, number: float) -> str:
    if figure.unit is Unit.weights:
        return f"{number:,.0f}" if number >= 10 or number == int(number) else rounded(number, ".2g")
    if figure.unit is Unit.points:
        return rounded(100 * number, "+.1f")
    return percent(number) if figure.unit is Unit.share else rounded(number, ".3g")
