"""Which step's weights a fine-tuning keeps."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn


class BestWeights:
    """The trainable weights of the step with the best dev score; the later wins ties."""

    def __init__(self, parameters: dict[str, nn.Parameter]) -> None:
        self._parameters = parameters
        self._kept: dict[str, torch.Tensor] = {}
        self.score = float("-inf")
        self.step = 0

    def offer(self, score: float, step: int) -> None:
        """Keep the weights as they are now, unless better ones are kept already."""
        if score >= self.score:
            self.take(score, step)

    def take(self, score: float, step: int) -> None:
        """Keep the weights as they are now."""
        self.score, self.step = score, step
        self._kept = {n: p.detach().cpu().clone() for n, p in self._parameters.items()}

    @property
    def is_pretrained(self) -> bool:
        """Whether the weights kept are those before the first step."""
        return bool(self._kept) and self.step == 0

    def __bool__(self) -> bool:
        """Whether any weights are kept."""
        return bool(self._kept)

    @torch.no_grad()
    def restore(self) -> None:
        """Put the kept weights back into the model, if any are kept."""
        for name, value in self._kept.items():
            self._parameters[name].copy_(value)

    def stored(self) -> dict[str, Any]:
        """As a value, for a saved state."""
        return {"score": self.score, "step": self.step, "kept": self._kept}

    def go_on_from(self, stored: Mapping[str, Any]) -> None:
        """Keep what `stored` had."""
        self.score, self.step = stored["score"], stored["step"]
        self._kept = dict(stored["kept"])
