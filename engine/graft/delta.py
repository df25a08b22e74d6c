"""The maskable weights as flat buffers: pretrained, fine-tuned, and the model's own.

The model's parameters and their gradients become views of one buffer each, so that a mask is
put in place and its gradient is had by a few passes over flat memory.
"""

from collections.abc import Iterator

import torch
from torch import nn

CHUNK = 1 << 17
"""Weights a pass works on at once: what it touches stays in cache."""

GPU_CHUNK = 1 << 24
"""On a GPU, where each chunk costs a launch of every kernel."""


def chunks(total: int, size: int = 0) -> Iterator[slice]:
    """Consecutive slices of `size` (0: CHUNK) that cover `total` entries."""
    size = size or CHUNK
    for start in range(0, total, size):
        yield slice(start, min(start + size, total))


class Delta:
    """Pretrained and fine-tuned values of P maskable weights, and the model that shows either.

    The fine-tuned values are kept, not their difference: w + (w' - w) need not be w' (in
    float32 where they differ much, in bfloat16 for a fifth of all entries), and a mask of ones
    must give the fine-tuned model bit for bit. The difference is taken chunk by chunk.
    """

    pre: torch.Tensor  # (P,) float32
    tuned: torch.Tensor  # (P,) float32
    grad: torch.Tensor  # (P,) as the model, gradients of theta

    def __init__(
        self, lm: nn.Module, tuned: dict[str, torch.Tensor], shown: torch.dtype | None = None
    ) -> None:
        """`lm` holds the pretrained weights; `tuned` the fine-tuned ones to mask, by name.

        From now on `lm`'s parameters of these names are views of `theta`. `tuned` is emptied: each
        weight goes as soon as it is copied, so that models are not held twice. `shown`: what
        all of `lm`'s weights become; bfloat16 halves the memory of the model and its gradients.
        """
        parameters = dict(lm.named_parameters())
        self.names = list(tuned)
        self._parameters = [parameters[name] for name in self.names]
        first, total = self._parameters[0], sum(p.numel() for p in self._parameters)
        kind = shown or first.dtype
        self.pre = first.detach().new_empty(total)
        self.tuned = torch.empty_like(self.pre)
        self._theta = self.pre.new_empty(total, dtype=kind)
        self._shown: torch.Tensor | None = None  # the mask that theta shows, if it shows one
        self.grad = torch.zeros_like(self._theta)
        for (name, span), parameter in zip(self.places(), self._parameters, strict=True):
            self.pre[span] = parameter.detach().flatten()
            self.tuned[span] = tuned.pop(name).flatten()
            self._theta[span] = self.pre[span]
            parameter.data = self._theta[span].view(parameter.shape)
            parameter.grad = self.grad[span].view(parameter.shape)
        lm.to(kind)  # what is frozen

    def __len__(self) -> int:
        return len(self.pre)

    @property
    def theta(self) -> torch.Tensor:
        """What the model computes with, (P,). Whoever takes it may write to it."""
        self._shown = None
        return self._theta

    @property
    def chunk(self) -> int:
        """Weights a pass works on at once."""
        return CHUNK if self.pre.device.type == "cpu" else GPU_CHUNK

    def parts(self) -> Iterator[slice]:
        """The flat buffers chunk by chunk."""
        return chunks(len(self), self.chunk)

    def places(self) -> Iterator[tuple[str, slice]]:
        """Name of each tensor and where it lies in the flat buffers."""
        start = 0
        for name, parameter in zip(self.names, self._parameters, strict=True):
            yield name, slice(start, start + parameter.numel())
            start += parameter.numel()

    @property
    def sizes(self) -> dict[str, int]:
        """How many weights each tensor has, in their order."""
        return {name: span.stop - span.start for name, span in self.places()}

    def movement(self) -> torch.Tensor:
        """|fine-tuned - pretrained|, (P,)."""
        return torch.sub(self.tuned, self.pre).abs_()

    def put(self, mask: torch.Tensor) -> None:
        """Show the pretrained model with the fine-tuned values at `mask`, (s,) int64 indices.

        After another mask, only that one's entries are undone.
        """
        if self._shown is None:
            self._theta.copy_(self.pre)
        else:
            self._theta[self._shown] = self.pre[self._shown].to(self._theta)
        self._theta[mask] = self.tuned[mask].to(self._theta)
        self._shown = mask
