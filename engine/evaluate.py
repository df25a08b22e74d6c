"""Evaluation: the scores of one set of weights on rows of a task."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from engine.batches import Example, sorted_batches
from engine.data import TaskData
from engine.models import AnswerModel
from engine.tasks.metrics import scores


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a model answered."""

    logits: torch.Tensor  # (N, classes) float32, on the CPU, in the rows' order
    labels: torch.Tensor  # (N,) int64 classes, or float32 scores from 0 to 1
    metric: str = "accuracy"
    """The task's."""

    @property
    def predictions(self) -> torch.Tensor:
        """The class of the largest logit, (N,)."""
        return self.logits.argmax(1)

    def scores(self, like: "Outcome | None" = None) -> dict[str, float]:
        """The task's scores and the loss; with `like` also agreement, a fraction.

        Agreement is the share of rows where both predict the same class (paper, section 2.2);
        of a regression, the same side of the middle.
        """
        scored = scores(self.metric, self.logits, self.labels)
        if like is not None:
            scored["agreement"] = (self.predictions == like.predictions).double().mean().item()
        return scored

    def stored(self) -> dict[str, Any]:
        """As a value, for a saved state; the class takes it as arguments."""
        return {"logits": self.logits, "labels": self.labels, "metric": self.metric}

    def split(self, rows: int) -> tuple["Outcome", "Outcome"]:
        """The first `rows` rows, and the others."""
        first = replace(self, logits=self.logits[:rows], labels=self.labels[:rows])
        return first, replace(self, logits=self.logits[rows:], labels=self.labels[rows:])

    @property
    def score(self) -> float:
        """The task's metric alone."""
        return self.scores()[self.metric]


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Runs a model over rows, always in eval mode and without gradients."""

    model: AnswerModel
    data: TaskData
    device: torch.device
    tokens: int
    """Most tokens of a forward pass, padding included (at least a row)."""
    bf16: bool
    check_stop: Callable[[], None]

    def with_model(self, model: AnswerModel) -> "Evaluator":
        """The same rows and settings for another model."""
        return replace(self, model=model)

    def __call__(
        self, rows: Sequence[Example], progress: Callable[[int, int], None] | None = None
    ) -> Outcome:
        """The model's answers to `rows`; `progress` is told examples done, and in all.

        The logits of a row's contexts are averaged. Raises Cancelled between batches.
        """
        if was_training := self.model.training:
            self.model.eval()
        pieces: list[torch.Tensor] = []
        order: list[int] = []
        with torch.no_grad(), torch.autocast(self.device.type, torch.bfloat16, self.bf16):
            for chosen, batch in sorted_batches(rows, self.tokens, self.data.pad_id, self.device):
                self.check_stop()
                pieces.append(self.model(batch).cpu())
                order += chosen
                if progress:
                    progress(len(order), len(rows))
        if was_training:
            self.model.train()
        logits = torch.cat(pieces)
        logits = torch.empty_like(logits).index_copy_(0, torch.tensor(order), logits)
        logits = logits.view(-1, self.data.contexts, logits.shape[1]).mean(1)
        return Outcome(logits, self.labels(rows), self.data.metric)

    def labels(self, rows: Sequence[Example]) -> torch.Tensor:
        """What is right, as an outcome has it."""
        return torch.tensor([row.label for row in rows])[:: self.data.contexts]


def recovery(
    graft: float, finetuned: float, pretrained: float, tuned: bool = True
) -> dict[str, float]:
    """How much of the skill a graft carries, by the task's metric.

    `recovery` = graft / fine-tuned (paper, table 1), undefined (nan) where the fine-tuned model
    has no skill, or is the pretrained one (`tuned` = False); `gain_recovery` = (graft -
    pretrained) / (fine-tuned - pretrained), left out where fine-tuning gained nothing.
    """
    shares = {"recovery": graft / finetuned if tuned and finetuned > 0 else math.nan}
    if finetuned > pretrained:
        shares["gain_recovery"] = (graft - pretrained) / (finetuned - pretrained)
    return shares
