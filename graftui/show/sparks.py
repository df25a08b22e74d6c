"""A curve in a cell of a table: eight heights of a block. Pure functions."""

import math
from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"


def spark(values: Sequence[float], width: int) -> str:
    """`values` in `width` cells, each the mean of its part; what is no number is left out."""
    known = [value for value in values if math.isfinite(value)]
    if not known or width < 1:
        return ""
    means = [_mean(known, cell, width) for cell in range(width)]
    low, high = min(means), max(means)
    scale = (len(BLOCKS) - 1) / (high - low) if high > low else 0.0
    return "".join(BLOCKS[round((mean - low) * scale)] for mean in means)


def _mean(values: Sequence[float], cell: int, width: int) -> float:
    start = cell * len(values) // width
    part = values[start : max(start + 1, (cell + 1) * len(values) // width)]
    return sum(part) / len(part)
