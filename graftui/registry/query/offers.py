"""What could be typed next in a line: plain values, whatever the line is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that could stand there."""

    text: str
    """What is put into the line."""
    title: str
    """As it is listed."""
    about: str = ""
    """What it is, in a few words."""
    runs: int | None = None
    """How many runs have it; None: that is not the question."""


@dataclass(frozen=True, slots=True)
class Offers:
    """All of them, for one state of a line."""

    line: str = ""
    """The line, as it was."""
    start: int = 0
    """What stands from here..."""
    end: int = 0
    """...to here is what an offer takes the place of."""
    offers: tuple[Offer, ...] = ()

    def taken(self, offer: Offer) -> tuple[str, int]:
        """The line with the offer in it, and where the cursor is then."""
        line = f"{self.line[: self.start]}{offer.text}{self.line[self.end :]}"
        return line, self.start + len(offer.text)
