"""Prompts answered by one label word a class: masked LMs, and causal LMs with one-token answers."""

from typing import Any

import torch

from engine.batches import Batch
from engine.models.answer import AnswerModel
from engine.models.narrow import Narrow


class PromptModel(AnswerModel):
    """The logits of the label words at the answer position."""

    def __init__(self, lm: Any, label_ids: tuple[int, ...]) -> None:
        super().__init__(lm)
        self.label_ids: torch.Tensor  # (classes,) int64
        self.register_buffer("label_ids", torch.tensor(label_ids), persistent=False)
        self._narrow = Narrow(lm)

    def forward(self, batch: Batch) -> torch.Tensor:
        with self._narrow.at(batch.answer.unsqueeze(1), self.label_ids) as now:
            out = self.run(batch.ids, batch.attention, batch.segments)
            return Narrow.logits(out, now)[:, 0].float()  # (B, classes)

    @property
    def form(self) -> tuple[bool, bool]:
        """How far the LM head is narrowed."""
        return self._narrow.form
