"""Which weights a training moves: all of the tensors that train, or a region of them.

Owns what the optimizer steps on and how that comes back into the model. Of a tensor of which only
some weights move, the optimizer has these alone: its state is as large as the region, and nothing
else of the tensor can move, be it by weight decay.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import nn

Tensors = Mapping[str, torch.Tensor]


def trained(model: nn.Module) -> dict[str, nn.Parameter]:
    """The weights that train, by name."""
    return {n: p for n, p in model.named_parameters() if p.requires_grad}


class Moving(Protocol):
    """What a training moves."""

    parameters: dict[str, nn.Parameter]
    """What the optimizer steps on, by name, in the order of the model."""
    decayed: frozenset[str]
    """Those of them that decay: of matrices, not of biases and norms."""

    def show(self) -> None:
        """Have the model compute with `parameters` as they are by now."""


class Whole:
    """All weights of the tensors that train."""

    def __init__(self, model: nn.Module) -> None:
        self.parameters = trained(model)
        self.decayed = frozenset(name for name, p in self.parameters.items() if p.ndim > 1)

    def show(self) -> None:
        """They are the model's own."""


class Within:
    """A region of the weights below `model.lm`, and all of what else trains, such as a new head.

    A tensor that is in the region as a whole trains as it always does. Of any other the gradient is
    gathered as soon as backward has made it, and then goes: gradients take a float a weight of the
    region too, and beyond that no more than the largest tensor.
    """

    def __init__(
        self,
        model: nn.Module,
        indices: Tensors,
        tuned: Tensors | None = None,
    ) -> None:
        """`indices`: (n,) int64 sorted, by name within `model.lm`; the model has its pretrained
        weights. `tuned`: (n,) fine-tuned values of the same weights, if each may move only to the
        side of its pretrained value on which that lies.
        """
        for name, parameter in model.get_submodule("lm").named_parameters():
            parameter.requires_grad_(name in indices)
        own = trained(model)
        self.decayed = frozenset(name for name, p in own.items() if p.ndim > 1)
        self._parts = {
            f"lm.{name}": _Part(own[f"lm.{name}"], index, None if tuned is None else tuned[name])
            for name, index in indices.items()
        }
        values = {name: part.values for name, part in self._parts.items()}
        self.parameters = {name: values.get(name, p) for name, p in own.items()}

    def show(self) -> None:
        """Put them into the model, none on the wrong side."""
        for part in self._parts.values():
            part.show()

    def values(self) -> dict[str, torch.Tensor]:
        """What the weights of the region are by now, by name within `model.lm`: (n,) copies."""
        return self._each(lambda part: part.values.detach().flatten())

    def before(self) -> dict[str, torch.Tensor]:
        """What they were before the training, (n,) copies."""
        return self._each(lambda part: part.before)

    def undo(self) -> None:
        """Show the pretrained weights again; what the training came to is lost."""
        for part in self._parts.values():
            part.undo()

    def _each(self, read: Callable[["_Part"], torch.Tensor]) -> dict[str, torch.Tensor]:
        return {
            name.removeprefix("lm."): read(part).cpu().clone() for name, part in self._parts.items()
        }


def is_whole(index: torch.Tensor, parameter: torch.Tensor) -> bool:
    """Whether sorted indices, each once, are all that there are."""
    return len(index) == parameter.numel()


class _Part:
    """Weights of one tensor."""

    def __init__(
        self, parameter: nn.Parameter, index: torch.Tensor, tuned: torch.Tensor | None
    ) -> None:
        self._flat = parameter.data.view(-1)
        self._index = None if is_whole(index, parameter) else index.to(parameter.device)
        self.before = self._now().clone()  # (n,)
        self._side = None if tuned is None else (tuned.to(self.before) - self.before).sign_()
        self.values = parameter
        if self._index is not None:
            self.values = nn.Parameter(self.before.clone())
            gather: Any = parameter.register_post_accumulate_grad_hook
            gather(self._gather)

    def _now(self) -> torch.Tensor:
        return self._flat if self._index is None else self._flat[self._index]

    def _gather(self, parameter: torch.Tensor) -> None:
        """Called by backward, once it has the gradient of a micro-batch."""
        assert parameter.grad is not None
        part = parameter.grad.flatten()[self._index]
        if self.values.grad is None:
            self.values.grad = part
        else:
            self.values.grad += part
        parameter.grad = None

    @torch.no_grad()
    def show(self) -> None:
        values = self.values.view(-1)
        if self._side is not None:
            astray = (values - self.before) * self._side <= 0
            values[astray] = self.before[astray]
        if self._index is not None:
            self._flat[self._index] = values

    @torch.no_grad()
    def undo(self) -> None:
        self.values.view(-1).copy_(self.before)
        self.show()
