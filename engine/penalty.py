"""The l1 penalty that keeps fine-tuned weights at their pretrained values (paper, section 5)."""

from collections.abc import Iterator, Mapping

import torch
from torch import nn

CHUNK = 1 << 17
"""Weights worked on at once, so that no temporary is of a weight's size."""


class Penalty:
    """l1 |theta - theta_pre| over the weights that move below `model.lm`.

    One copy of the pretrained weights is kept; a step makes no other.
    """

    def __init__(self, moving: Mapping[str, nn.Parameter], weight: float) -> None:
        """`moving`: by their names in the model. `weight` (>= 0) of the sum of |theta - theta_pre|
        in the loss; theta_pre is now."""
        self._weight = weight
        self._pairs = [
            (parameter, parameter.detach().clone().flatten())
            for name, parameter in moving.items()
            if name.startswith("lm.")
        ]
        largest = max(parameter.numel() for parameter, _ in self._pairs)
        self._scratch = self._pairs[0][1].new_empty(min(CHUNK, largest))

    @torch.no_grad()
    def add_gradients(self) -> float:
        """Add the penalty's gradient, weight * sign(theta - theta_pre), to .grad; its value.

        The gradient at 0 is 0, so weights that never had another gradient stay where they are.
        """
        total = self._scratch.new_zeros((), dtype=torch.float64)
        for now, before, grad in self._chunks():
            moved = torch.sub(now, before, out=self._scratch[: len(now)])
            total += moved.abs().sum(dtype=torch.float64)
            grad.add_(moved.sign_(), alpha=self._weight)
        return self._weight * total.item()

    def _chunks(self) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Present and pretrained values and gradients, chunk by chunk, flat."""
        for parameter, before in self._pairs:
            if parameter.grad is None:
                continue
            now, grad = parameter.detach().view(-1), parameter.grad.view(-1)
            for start in range(0, len(now), CHUNK):
                part = slice(start, start + CHUNK)
                yield now[part], before[part], grad[part]
