"""A heat map as a value: amounts by row and column, on one scale. graftui.show draws it."""

import math
from dataclasses import dataclass

from graftui.results.chart import Axis

LEVELS = 4
"""How many amounts a reader tells apart without colours."""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Amounts, none below 0."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[float | None, ...], ...]
    """By row, then by column; None where there is nothing to measure."""
    axis: Axis = Axis()
    """Its scale: equal steps, or equal ratios."""

    @property
    def bounds(self) -> tuple[float, ...]:
        """The greatest amount of each level, the least level first; empty where all is 0."""
        low, high = self._ends()
        if high is None:
            return ()
        steps = [low + (high - low) * n / LEVELS for n in range(1, LEVELS + 1)]
        return tuple(10**step if self.axis.log else step for step in steps)

    def level(self, amount: float | None) -> int | None:
        """0 for nothing, 1 to LEVELS for more; None where there is nothing to measure."""
        if amount is None or not math.isfinite(amount):
            return None
        low, high = self._ends()
        if high is None or not amount > 0:
            return 0
        share = (self.axis.place(amount) - low) / (high - low) if high > low else 1.0
        return min(LEVELS, max(1, math.ceil(LEVELS * share)))

    def _ends(self) -> tuple[float, float | None]:
        """Where on the axis its scale begins and ends; None: no amount is above 0."""
        amounts = [a for row in self.cells for a in row if a is not None and a > 0]
        places = [self.axis.place(a) for a in amounts if self.axis.has(a)]
        if not places:
            return 0.0, None
        return (min(places) if self.axis.log else 0.0), max(places)
