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
    calibration error over 15 bins of confidence (Guo et al. 2017), and brier: the mean over rows
    of the sum over classes of (p_c - [c is right])^2, from 0 to 2 (Brier 1950). A correlation with
    a constant is 0.
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
    scored = {"accuracy": (answers == labels).double().mean().item(), **lost}
    scored["ece"] = multiclass_calibration_error(
        logits.softmax(1), labels, num_classes=classes, n_bins=15
    ).item()
    scored["brier"] = _brier(logits.softmax(1), labels)
    if metric == "f1":
        return {"f1": binary_f1_score(answers, labels).item(), **scored}
    if metric == "matthews":
        value = matthews_corrcoef(answers, labels, task="multiclass", num_classes=classes)
        return {"matthews": _defined(value), **scored}
    return scored


def _brier(probabilities: torch.Tensor, labels: torch.Tensor) -> float:
    """Of (N, C) and (N,), in float64."""
    right = torch.nn.functional.one_hot(labels, probabilities.shape[1])
    return (probabilities.double() - right).square().sum(1).mean().item()


def resampled(
    metric: str, logits: torch.Tensor, labels: torch.Tensor, times: torch.Tensor
) -> torch.Tensor:
    """The metric on each of D samples of the rows at once: (D,) float64.

    `logits` (N, C) and `labels` (N,) as for `scores`; `times` (D, N): how often each row is drawn.
    """
    weights = times.double()
    if metric == "pearson":
        return _pearson(logits.softmax(1)[:, 1].double(), labels.double(), weights)
    answers, classes = logits.argmax(1), logits.shape[1]
    if metric not in ("f1", "matthews"):
        return weights @ (answers == labels).double() / weights.sum(1)
    cells = torch.nn.functional.one_hot(labels * classes + answers, classes**2).double()  # (N, C^2)
    confusion = (weights @ cells).view(-1, classes, classes)  # (D, label, answer)
    return (_f1 if metric == "f1" else _matthews)(confusion)


def _f1(confusion: torch.Tensor) -> torch.Tensor:
    """Of the second of two classes."""
    right = 2 * confusion[:, 1, 1]
    return _over(right, right + confusion[:, 0, 1] + confusion[:, 1, 0])


def _matthews(confusion: torch.Tensor) -> torch.Tensor:
    """Of any number of classes (Gorodkin 2004)."""
    rows = confusion.sum((1, 2))
    labels, answers = confusion.sum(2), confusion.sum(1)
    right = confusion.diagonal(dim1=1, dim2=2).sum(1)
    spread = (rows**2 - (answers**2).sum(1)) * (rows**2 - (labels**2).sum(1))
    return _over(right * rows - (answers * labels).sum(1), spread.sqrt())


def _pearson(score: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    share = weights / weights.sum(1, keepdim=True)
    mean, centre = share @ score, share @ labels
    both = share @ (score * labels) - mean * centre
    spread = (share @ score**2 - mean**2) * (share @ labels**2 - centre**2)
    return _over(both, spread.clamp(min=0).sqrt())


def _over(part: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
    return torch.where(whole > 0, part / whole, 0.0)


def _defined(value: torch.Tensor) -> float:
    return 0.0 if math.isnan(value.item()) else value.item()
