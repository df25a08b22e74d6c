"""What every wrapped model is, and how the network below it is called."""

from typing import Any

import torch
from torch import nn

from engine.batches import Batch


class AnswerModel(nn.Module):
    """A network that answers a batch with one logit a class.

    `forward(batch)` -> (B, classes) float logits.
    """

    lm: Any
    """The transformers model: its weights are what is trained and grafted."""

    def __init__(self, lm: Any) -> None:
        super().__init__()
        self.lm = lm
        self._segments = int(getattr(lm.config, "type_vocab_size", 0) or 0)

    def forward(self, batch: Batch) -> torch.Tensor:
        raise NotImplementedError

    @property
    def form(self) -> tuple[object, ...]:
        """What beside its class and its tensors decides what it computes."""
        raise NotImplementedError

    def run(self, ids: torch.Tensor, attention: torch.Tensor, segments: torch.Tensor) -> Any:
        """The network's output for (B, T) tokens; segments only where it knows several.

        A prompt may close more segments than there are: the last one holds the rest.
        """
        extra = {}
        if self._segments > 1:
            extra["token_type_ids"] = segments.clamp(max=self._segments - 1)
        return self.lm(input_ids=ids, attention_mask=attention, **extra)
