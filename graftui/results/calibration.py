"""How sure a model is of its answers, and how often it is right: calibration, from answers alone.

With p the probability of the answer (its confidence), over n rows and M bins of confidence:

    ECE     sum over bins of |bin| / n * |accuracy(bin) - mean p(bin)|     (Guo et al. 2017, eq. 3)
    MCE     the greatest of these gaps                                     (Guo et al. 2017, eq. 5)
    Brier   mean of sum over classes c of (p_c - [c is right])^2, 0 to 2   (Brier 1950, eq. 2)
    NLL     mean of -ln p(right class), nats: the loss of the run's scores

Bins of equal width are those of a run's own scores (engine.tasks.metrics, torchmetrics): from 0 to
1, [low, high), and a confidence of 1 is a bin by itself. Bins of equal mass hold as many rows each,
as nearly as rows of the same confidence, which stay together, let them.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graftui.results.answers import Answers

BINS = 15
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bin:
    """The rows whose confidence lies in one bin; none is empty."""

    low: float
    high: float
    """Its bounds: of equal width its ends, of equal mass the least and the greatest in it."""
    rows: int
    confidence: float
    """Mean over its rows."""
    accuracy: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of one set of weights on one split; nan where a probability is none."""

    rows: int
    accuracy: float
    confidence: float
    """Mean: above the accuracy, the model is too sure."""
    brier: float
    nll: float
    width: tuple[Bin, ...]
    """Of equal width."""
    mass: tuple[Bin, ...]
    """Of equal mass."""

    @property
    def ece(self) -> float:
        """Over bins of equal width."""
        return _ece(self.width, self.rows)

    @property
    def ece_mass(self) -> float:
        """Over bins of equal mass."""
        return _ece(self.mass, self.rows)

    @property
    def mce(self) -> float:
        """Over bins of equal width."""
        return max((_gap(each) for each in self.width), default=math.nan)

    def figures(self) -> dict[str, float]:
        """By name, in the order of a table."""
        names = ("accuracy", "confidence", "ece", "ece_mass", "mce", "brier", "nll")
        return {name: getattr(self, name) for name in names}


def calibration(answers: Answers, bins: int = BINS) -> Calibration:
    """Of classes: a regression has no probabilities. `bins` >= 1."""
    gold = np.array([row.gold for row in answers.rows], dtype=np.int64)
    said = np.array([row.prediction for row in answers.rows], dtype=np.int64)
    probabilities = np.array([row.probabilities for row in answers.rows], dtype=np.float64)
    each = np.arange(len(gold))
    sure, right = probabilities[each, said], (said == gold).astype(np.float64)  # (n,), (n,)
    hot = np.zeros_like(probabilities)
    hot[each, gold] = 1.0
    with np.errstate(divide="ignore"):
        nll = -np.log(probabilities[each, gold])
    known = bool(np.isfinite(probabilities).all())
    return Calibration(
        rows=len(gold),
        accuracy=float(right.mean()),
        confidence=float(sure.mean()),
        brier=float(((probabilities - hot) ** 2).sum(1).mean()),
        nll=float(nll.mean()),
        width=_of_equal_width(sure, right, bins) if known else (),
        mass=_of_equal_mass(sure, right, bins) if known else (),
    )


def _of_equal_width(sure: Floats, right: Floats, bins: int) -> tuple[Bin, ...]:
    ends = np.linspace(0, 1, bins + 1)
    within = np.searchsorted(ends, sure, side="right") - 1  # `bins` itself: sure of 1
    return tuple(_filled(sure, right, within, (*ends, 1.0)))


def _of_equal_mass(sure: Floats, right: Floats, bins: int) -> tuple[Bin, ...]:
    rank = np.searchsorted(np.sort(sure), sure, side="left")  # alike for those that are alike
    return tuple(_filled(sure, right, rank * bins // len(sure)))


def _filled(
    sure: Floats, right: Floats, numbers: npt.NDArray[np.int64], ends: Sequence[float] = ()
) -> Iterator[Bin]:
    """The bins that hold rows, from the least confidence up; `ends`: where their bounds are."""
    for number in np.unique(numbers):
        within = numbers == number
        low, high = (ends[number], ends[number + 1]) if ends else _reach(sure[within])
        yield Bin(
            float(low), float(high), int(within.sum()),
            float(sure[within].mean()), float(right[within].mean()),
        )  # fmt: skip


def _reach(sure: Floats) -> tuple[float, float]:
    return float(sure.min()), float(sure.max())


def _gap(each: Bin) -> float:
    return abs(each.accuracy - each.confidence)


def _ece(bins: Sequence[Bin], rows: int) -> float:
    return sum(each.rows / rows * _gap(each) for each in bins) if bins else math.nan


def plain(of: Calibration) -> dict[str, Any]:
    """For programs."""
    return {
        "rows": of.rows,
        **of.figures(),
        "bins": {
            name: [
                {field: getattr(each, field) for field in Bin.__dataclass_fields__}
                for each in getattr(of, name)
            ]
            for name in ("width", "mass")
        },
    }
