"""A card of evidence as a value: claims with figures, intervals, verdicts, what would refute them.

Owns its form as JSON too, which lies beside a graft as evidence.json; what is read back is checked
line by line.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

FILE = "evidence.json"
"""In the graft's run directory."""


class Verdict(StrEnum):
    """What a line comes to."""

    holds = "holds"
    fails = "does not hold"
    chance = "not told apart from random"
    missing = "not run"
    unknown = "not known"
    """It was run, and cannot be read, or says nothing here."""


class Unit(StrEnum):
    """What a figure counts."""

    share = "share"
    """A fraction, written in percent."""
    points = "points"
    """A difference of fractions, written in percentage points."""
    weights = "weights"
    number = "number"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a line."""

    name: str
    value: float
    unit: Unit = Unit.share
    low: float | None = None
    """Lower end of its 95 % interval; None: it has none."""
    high: float | None = None
    n: str = ""
    """Of how many of what, such as "800 rows"."""


@dataclass(frozen=True, slots=True)
class CardLine:
    """One claim about the graft."""

    title: str
    asks: str
    """The question that it answers."""
    verdict: Verdict
    refuted_by: str
    figures: tuple[Figure, ...] = ()
    because: str = ""
    """What the verdict rests on, or why it was not run."""
    runs: tuple[str, ...] = ()
    """Ids of the control runs that it is from."""


@dataclass(frozen=True, slots=True)
class Card:
    """All lines of one graft."""

    run: str
    name: str
    task: str
    metric: str
    model: str
    makes: str
    """What made the region, such as "learnt graft"."""
    weights: int
    fraction: float
    """Of the maskable weights."""
    made_at: float
    """Seconds since the epoch."""
    lines: tuple[CardLine, ...] = ()
    notes: tuple[str, ...] = ()


def as_json(card: Card) -> dict[str, Any]:
    """As it is written."""
    return asdict(card)


def from_json(raw: Any) -> Card | None:
    """The card in what was read; None for what is none. A line that is none is left out."""
    try:
        return Card(
            run=str(raw["run"]),
            name=str(raw["name"]),
            task=str(raw["task"]),
            metric=str(raw["metric"]),
            model=str(raw["model"]),
            makes=str(raw["makes"]),
            weights=int(raw["weights"]),
            fraction=float(raw["fraction"]),
            made_at=float(raw["made_at"]),
            lines=tuple(line for each in raw["lines"] if (line := _line(each))),
            notes=tuple(map(str, raw.get("notes", ()))),
        )
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        return None


def _line(raw: Any) -> CardLine | None:
    try:
        words = {n: str(raw[n]) for n in ("title", "asks", "refuted_by", "because")}
        figures = tuple(map(_figure, raw["figures"]))
        runs = tuple(map(str, raw["runs"]))
        return CardLine(verdict=Verdict(raw["verdict"]), figures=figures, runs=runs, **words)
    except (TypeError, ValueError, KeyError, AttributeError):
        return None


def _figure(raw: Any) -> Figure:
    low, high = (None if raw[end] is None else float(raw[end]) for end in ("low", "high"))
    value, unit = float(raw["value"]), Unit(raw["unit"])
    return Figure(str(raw["name"]), value, unit, low, high, str(raw["n"]))
