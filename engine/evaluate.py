"""Evaluation: the scores of one set of weights on rows of a task."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch.nn import functional as F
from torchmetrics.functional.classification import multiclass_calibration_error

from engine.data import Example, TaskData, sorted_batches
from engine.models import PromptModel


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a model answered."""

    logits: torch.Tensor  # (N, classes) float32, on the CPU, in the rows' order
    labels: torch.Tensor  # (N,) int64

    @property
    def predictions(self) -> torch.Tensor:
        """The class of the largest logit, (N,)."""
        return self.logits.argmax(1)

    def scores(self, like: "Outcome | None" = None) -> dict[str, float]:
        """accuracy, loss (cross-entropy, nats), ece; with `like` also agreement, all fractions.

        ECE is the l1 calibration error over 15 bins of confidence (Guo et al. 2017).
        Agreement is the share of rows where both predict the same class (paper, section 2.2).
        """
        classes = self.logits.shape[1]
        found = {
            "accuracy": (self.predictions == self.labels).double().mean().item(),
            "loss": F.cross_entropy(self.logits, self.labels).item(),
            "ece": multiclass_calibration_error(
                self.logits.softmax(1), self.labels, num_classes=classes, n_bins=15
            ).item(),
        }
        if like is not None:
            found["agreement"] = (self.predictions == like.predictions).double().mean().item()
        return found


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Runs a model over rows, always in eval mode and without gradients."""

    model: PromptModel
    data: TaskData
    device: torch.device
    batch: int
    bf16: bool
    check_stop: Callable[[], None]

    def with_model(self, model: PromptModel) -> "Evaluator":
        """The same rows and settings for another model."""
        return replace(self, model=model)

    def __call__(self, rows: list[Example]) -> Outcome:
        """The model's answers to `rows`. Raises Cancelled between batches."""
        was_training = self.model.training
        self.model.eval()
        logits = torch.empty(len(rows), len(self.data.label_ids))
        with torch.no_grad(), torch.autocast(self.device.type, torch.bfloat16, self.bf16):
            for chosen, batch in sorted_batches(rows, self.batch, self.data.pad_id, self.device):
                self.check_stop()
                logits[chosen] = self.model(batch).cpu()
        self.model.train(was_training)
        return Outcome(logits, torch.tensor([row.label for row in rows]))


def recovery(graft: float, finetuned: float, pretrained: float) -> dict[str, float]:
    """How much of the skill a graft carries.

    `recovery` = graft / fine-tuned accuracy (paper, table 1); `gain_recovery` = (graft -
    pretrained) / (fine-tuned - pretrained), left out where fine-tuning gained nothing.
    """
    found = {"recovery": graft / finetuned if finetuned else 0.0}
    if finetuned > pretrained:
        found["gain_recovery"] = (graft - pretrained) / (finetuned - pretrained)
    return found
