"""The loss: of classes, or of a score between two words; and when training has lost its way."""

import math
from collections.abc import Callable, Mapping

import torch
from torch.nn import functional as F

from engine.errors import Diverged


def loss(logits: torch.Tensor, label: torch.Tensor, reduction: str = "mean") -> torch.Tensor:
    """Cross-entropy in nats for classes, (B, C) and (B,) int64.

    For scores, (B, 2) and (B,) float in 0 to 1: the Kullback-Leibler divergence of the two
    words' probabilities from (1 - label, label), as in LM-BFF (Gao et al. 2021, section 4.2).
    """
    if not label.is_floating_point():
        return F.cross_entropy(logits, label, reduction=reduction)
    wanted = torch.stack([1 - label, label], 1).to(logits)
    each = F.kl_div(F.log_softmax(logits, 1), wanted, reduction="none").sum(1)
    return each.sum() if reduction == "sum" else each.mean()


def _not_finite(value: float) -> bool:
    return not math.isfinite(value)


def refuse_diverged(
    step: int, values: Mapping[str, float], wrong: Callable[[float], bool] = _not_finite
) -> None:
    """Raises Diverged if one of the values of a training step is `wrong`.

    An infinite loss of rows that were only scored may come from one answer ruled out: there,
    `math.isnan`.
    """
    for name, value in values.items():
        if wrong(value):
            raise Diverged(
                f"{name} is {value} at step {step}",
                "lower the learning rate (train.lr or graft.lr), or clip the gradient",
            )
