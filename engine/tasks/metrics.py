"""Metrics of the tasks: what LM-BFF reports for each, with loss and calibration."""

import math

import torch
from torchmetrics.functional import matthews_corrcoef, pearson_corrcoef, spearman_corrcoef
from torchmetrics.functional.classification import binary_f1_score, multiclass_calibration_error

from engine.loss import loss


def scores(metric: str, logits: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    """The scores of a task whose metric is `metric`, the metric first.

    `logits` (N, C); `labels` (N,) int64 classes or float scores from 0 to 1. accuracy; f1 (of
    the second class) and accuracy; matthews and accuracy; pearson and spearman of the
    probability of the second word. With them loss (nats) and, of classes, ece: the l1
    calibration error over 15 bins of confidence (Guo et al. 2017). A correlation with a constant
    is 0.
    """
    lost = {"loss": loss(logits, labels).item()}
    if metric == "pearson":
        score = logits.softmax(1)[:, 1]
        return {
            "pearson": _defined(pearson_corrcoef(score.double(), labels.double())),
            "spearman": _defined(spearman_corrcoef(score.double(), labels.double())),
            **lost,
        }
    answers, classes = logits.argmax(1), logits.shape[1]
    found = {"accuracy": (answers == labels).double().mean().item(), **lost}
    found["ece"] = multiclass_calibration_error(
        logits.softmax(1), labels, num_classes=classes, n_bins=15
    ).item()
    if metric == "f1":
        return {"f1": binary_f1_score(answers, labels).item(), **found}
    if metric == "matthews":
        value = matthews_corrcoef(answers, labels, task="multiclass", num_classes=classes)
        return {"matthews": _defined(value), **found}
    return found


def _defined(value: torch.Tensor) -> float:
    return 0.0 if math.isnan(value.item()) else value.item()
