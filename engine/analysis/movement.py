"""How many weights of a tensor moved, counted in units of what they are stored as, in one pass.

Owns what can be said of rounding from two files. What float32 would have held of a bfloat16 file is
not among it: an unchanged weight may have moved by up to half a unit, and no more is known. A
sparse update may be no more than this: bfloat16 absorbs steps below about |w| / 256, and so those
of large weights first (Miahi and Belilovsky 2026, arXiv:2602.03839, section 3).
"""

import math
from collections.abc import Iterator

import torch

from engine.contract.questions.profile import Moved, SizeUpdate
from engine.graft.last_place import ulp

UNITS = (1, 2, 4)
_LOWEST = -150
"""Below the exponent of every float32."""
_EXPONENTS = 280


class Movement:
    """Counts of weights, over any number of pieces."""

    def __init__(self) -> None:
        self._counts = torch.zeros(3 + len(UNITS), dtype=torch.int64)
        self._squares = torch.zeros(2, dtype=torch.float64)
        self._sizes = torch.zeros(2, _EXPONENTS, dtype=torch.int64)
        self.exact = True
        """All values so far are numbers of bfloat16."""

    def add(self, before: torch.Tensor, after: torch.Tensor) -> None:
        """Go on with (n,) weights as they are stored, and (n,) as they became; all finite."""
        pre, tuned = before.double(), after.double()
        moved = (tuned - pre).abs_()
        unit = ulp(pre, coarser(before.dtype, after.dtype))
        changed = moved > 0
        low, high = before.bfloat16(), after.bfloat16()
        self.exact &= bool(torch.equal(low.double(), pre) and torch.equal(high.double(), tuned))
        self._counts += torch.tensor(
            [
                len(pre),
                int(changed.sum()),
                int((changed & (low == high)).sum()),
                *(int((moved > number * unit).sum()) for number in UNITS),
            ]
        )
        self._squares[0] += moved.square().sum()
        self._squares[1] += (unit[~changed] / 2).square().sum()
        exponent = torch.frexp(unit).exponent.long() - 1  # of the unit, so of the weight
        exponent -= round(math.log2(torch.finfo(coarser(before.dtype, after.dtype)).eps))
        for row, chosen in zip(self._sizes, (exponent, exponent[changed]), strict=True):
            row += torch.bincount(chosen - _LOWEST, minlength=_EXPONENTS)

    def join(self, other: "Movement") -> None:
        """Add what another has counted."""
        self._counts += other._counts
        self._squares += other._squares
        self._sizes += other._sizes
        self.exact &= other.exact

    def moved(self) -> Moved:
        """What was counted."""
        weights, changed, hidden, first, second, third = self._counts.tolist()
        norm, unseen = self._squares.sqrt().tolist()
        return Moved(
            weights=weights,
            changed=changed,
            beyond=(first, second, third),
            hidden=hidden,
            norm=norm,
            unseen=unseen,
        )

    def sizes(self) -> Iterator[SizeUpdate]:
        """The same by the size of the weight before, rising."""
        for number, (weights, changed) in enumerate(self._sizes.T.tolist()):
            if weights:
                least = math.ldexp(1.0, number + _LOWEST)
                yield SizeUpdate(least=least, weights=weights, changed=changed)


def coarser(first: torch.dtype, second: torch.dtype) -> torch.dtype:
    """That of the two whose numbers lie further apart."""
    return max(first, second, key=lambda dtype: torch.finfo(dtype).eps)
