"""A chart as a value: curves over two axes. graftui.show draws it, for both fronts alike."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from graftui.results.figures import compact, figure

_MOST = 1e300
"""The difference of two values below it is a number."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What is measured in one direction, and on which scale."""

    log: bool = False
    """Equal ratios are equally long; what is not above 0 has no place on it."""
    score: str = ""
    """Name of the score whose figures its labels are; empty: plain numbers."""
    unit: str = ""
    """Written at its end."""
    name: str = ""
    """What is measured, in words, where a figure for a paper has room for it."""

    def place(self, value: float) -> float:
        """How far along it `value` lies."""
        return math.log10(value) if self.log else value

    def has(self, value: float) -> bool:
        """Whether `value` lies on it: nan and infinity never do."""
        return (0 if self.log else -_MOST) < value < _MOST

    def has_all(self, values: Sequence[float]) -> bool:
        """The same of many, and fast: a curve has ten thousand."""
        if not values or not all(map(math.isfinite, values)):
            return not values
        return self.has(min(values)) and self.has(max(values))

    def label(self, value: float) -> str:
        """`value` in words."""
        return figure(self.score, value) if self.score else compact(value)


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart, from left to right."""

    label: str
    xs: Sequence[float]
    """Ascending."""
    ys: Sequence[float]
    """One for each of `xs`; may hold nan and infinity, which are not drawn."""
    lows: Sequence[float] = ()
    """Where a band around it begins and ends, one for each of `xs`; empty: it has none."""
    highs: Sequence[float] = ()
    faint: bool = field(default=False, kw_only=True)
    """Whether it lies behind the others, in no colour of its own: what they are made of."""

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """Its values, pair by pair."""
        return tuple(zip(self.xs, self.ys, strict=True))


@dataclass(frozen=True, slots=True)
class Chart:
    """Curves that share their axes."""

    title: str
    curves: tuple[Curve, ...]
    x: Axis = Axis()
    y: Axis = Axis()
    levels: tuple[tuple[str, float], ...] = ()
    """Label and value of what is the same everywhere along x."""
    marked: bool = False
    """Whether the points count for themselves: each has its curve's mark."""
    signed: bool = False
    """Whether each curve has its mark now and then: without colours they look alike."""
    span: tuple[float, float] | None = None
    """From where to where x goes; None: as far as its curves. None of them goes beyond."""

    @property
    def named(self) -> tuple[Curve, ...]:
        """Those that have a colour and a name."""
        return tuple(curve for curve in self.curves if not curve.faint)
