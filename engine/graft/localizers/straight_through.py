"""Straight-through: a score a weight, and a hard mask of exactly the budget at every update."""

import math
from collections.abc import Mapping
from typing import Any

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.graft.gradients import into_slopes
from engine.graft.localizers.start import relative_movement
from engine.graft.mask import top

RATE = 0.3
"""What an update takes off the score of a weight with the mask's mean gradient, at most."""

HALVINGS = 20


class StraightThrough:
    """gamma = top-s(S), with the gradient passed on as if gamma were S (Bengio et al. 2013; with
    a top-s as in Ramanujan et al. 2020 and movement pruning, Sanh et al. 2020).

    S starts at |tuned - pre| in units of its value at the edge of the base patch, so the first
    mask is the base patch. The gradient is taken in units of its mean size within the mask. So
    neither the loss's nor the movement's scale counts, and there is no learning rate to set.
    """

    def __init__(self, delta: Delta, base: torch.Tensor, config: GraftConfig) -> None:
        """`base`: (s,) indices of the base patch."""
        self.state = relative_movement(delta, base)  # S, (P,)
        self._delta = delta
        self._shown = base

    def put(self) -> None:
        """Show the model under the mask."""
        self._delta.put(self._shown)

    @torch.no_grad()
    def update(self, loss: float = math.inf) -> None:
        """One step of S from the gradients in `delta.grad`, which is cleared; then as `put`.

        The step is halved while it promises, to first order, to take more than half of `loss`
        (nats, what the gradients are of) away: it would go where the gradient is wrong.
        """
        d, s = self._delta, len(self._shown)
        into_slopes(d)  # dL/dgamma, and so dL/dS
        inside = d.grad[self._shown]
        scale = inside.abs().mean().item()  # nan of an empty mask
        if scale > 0:
            self.state.add_(d.grad, alpha=-RATE / scale)
            chosen, halvings = top(self.state, s), 0
            while halvings < HALVINGS and _sum(inside) - _sum(d.grad[chosen]) > loss / 2:
                halvings += 1
                self.state.add_(d.grad, alpha=RATE / scale / 2**halvings)  # half of it back
                chosen = top(self.state, s)
            self._shown = chosen
        d.grad.zero_()
        self.put()

    def stored(self) -> dict[str, Any]:
        """S, and the mask that it came to."""
        return {"S": self.state, "mask": self._shown}

    def go_on_from(self, stored: Mapping[str, Any]) -> None:
        """With that S, and that mask shown."""
        self.state.copy_(stored["S"])
        self._shown = stored["mask"].to(self.state.device)
        self.put()

    def candidates(self) -> list[torch.Tensor]:
        """The mask, exactly s indices."""
        return [self._shown]


def _sum(slopes: torch.Tensor) -> float:
    return slopes.sum(dtype=torch.float64).item()
