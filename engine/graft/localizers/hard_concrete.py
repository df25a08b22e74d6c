"""Hard-concrete gates: an L0 penalty on random gates, steered to the budget."""

import math
from collections.abc import Mapping
from typing import Any

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.graft.localizers.start import relative_movement
from engine.graft.mask import top

TEMPERATURE, LOW, HIGH = 2 / 3, -0.1, 1.1
"""beta, gamma and zeta of Louizos et al. 2018, section 4."""

OPEN = TEMPERATURE * math.log(-LOW / HIGH)
"""A gate is open (not 0) with probability sigmoid(log alpha - OPEN)."""

SHARPNESS = 8.0
"""log alpha starts at this many times the log of the relative movement."""

RATE = 1.0
"""Length of an update of log alpha, per root of s."""

PASSES = 3
"""Corrections of the penalty an update: each is a pass over all gates."""


class HardConcrete:
    """gamma = clamp(LOW + (HIGH - LOW) sigmoid((log alpha + noise) / beta), 0, 1), noise logistic.

    Louizos et al. 2018 add lambda E[open gates] to the loss. Here lambda is what keeps that
    expectation at s: the multiplier of a constraint, taken in the gates' own geometry (mirror
    descent), where it takes the same amount off every log alpha. One draw of the gates an update;
    the update's length is RATE sqrt(s), whatever the loss's scale. The mask is the s gates
    with the largest log alpha.
    """

    def __init__(self, delta: Delta, base: torch.Tensor, config: GraftConfig) -> None:
        """`base`: (s,) indices of the base patch. log alpha starts from the relative movement."""
        self.state = relative_movement(delta, base).log_().mul_(SHARPNESS)  # log alpha, (P,)
        self._base = base
        self._delta = delta
        self._generator = torch.Generator(delta.pre.device).manual_seed(config.seed)
        self._drawn = self._generator.get_state()
        self._scratch = delta.pre.new_empty(min(delta.chunk, len(delta)))
        self._steer()

    @torch.no_grad()
    def put(self) -> None:
        """Show the model under the gates as they were last drawn."""
        d = self._delta
        self._generator.set_state(self._drawn)
        for part in d.parts():
            gate = self._concrete(part).mul_(HIGH - LOW).add_(LOW).clamp_(0, 1)
            d.theta[part] = torch.lerp(d.pre[part], d.tuned[part], gate)

    @torch.no_grad()
    def update(self, loss: float = math.inf) -> None:
        """One step of log alpha from the gradients in `delta.grad`, which is cleared; then the
        penalty, and the gates are drawn anew."""
        d = self._delta
        length = self._into_slopes()
        if length > 0:
            self.state.add_(d.grad, alpha=-RATE * math.sqrt(len(self._base)) / length)
        d.grad.zero_()
        self._steer()
        self._drawn = self._generator.get_state()
        self.put()

    def stored(self) -> dict[str, Any]:
        """log alpha, and where the generator was before the present draw."""
        return {"log_alpha": self.state, "drawn": self._drawn}

    def go_on_from(self, stored: Mapping[str, Any]) -> None:
        """With that log alpha and that draw, shown."""
        self.state.copy_(stored["log_alpha"])
        self._drawn = stored["drawn"]
        self.put()

    def candidates(self) -> list[torch.Tensor]:
        """The gates that are open most, exactly s indices."""
        return [top(self.state, len(self._base))]

    def _concrete(self, part: slice) -> torch.Tensor:
        """The next draw of sigmoid((log alpha + noise) / beta) of a chunk, in scratch memory."""
        out = self._scratch[: part.stop - part.start]
        torch.rand(out.shape, generator=self._generator, out=out)
        return out.logit_().add_(self.state[part]).div_(TEMPERATURE).sigmoid_()

    def _into_slopes(self) -> float:
        """Make of dL/dtheta in `delta.grad` dL/d(log alpha) of the gates as drawn; its length."""
        d = self._delta
        self._generator.set_state(self._drawn)
        for part in d.parts():
            soft = self._concrete(part)
            slope = soft * (1 - soft)
            gate = soft.mul_(HIGH - LOW).add_(LOW)
            slope[(gate <= 0) | (gate >= 1)] = 0  # clamped
            d.grad[part].mul_(slope).mul_(d.tuned[part] - d.pre[part])
        return float(torch.linalg.vector_norm(d.grad, dtype=torch.float32))

    def _steer(self) -> None:
        """Shift all log alpha until s open gates are expected."""
        for _ in range(PASSES):
            opened = sum(
                torch.sub(self.state[part], OPEN).sigmoid_().sum().item()
                for part in self._delta.parts()
            )
            if opened > 0 and len(self._base):
                self.state -= math.log(opened / len(self._base))
