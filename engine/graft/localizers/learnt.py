"""The learnt mask of the paper (section 2): a sigmoid a weight, learnt by plain SGD."""

import math
from collections.abc import Mapping
from typing import Any

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.graft.mask import top

SAMPLE = 1 << 20
"""Weights whose slopes set the learning rate, where the config gives none."""


def crossing(bias: float, steps: int) -> float:
    """The least k by which S, from 1/2, gets over `bias` in `steps` of S += k sigmoid'(S - bias).

    About exp(bias - 1/2) / steps where the steps are many; by bisection, to 1 %.
    """

    def over(k: float) -> bool:
        state = 0.5
        for _ in range(steps):
            soft = 1 / (1 + math.exp(bias - state)) if state < bias else 1.0
            state += k * soft * (1 - soft)
        return state > bias

    low, high = 0.0, math.exp(bias)
    while not over(high):
        low, high = high, 2 * high
    while high - low > 0.01 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if over(middle) else (middle, high)
    return high


class LearntMask:
    """gamma = base (1 - sigmoid(S - b)) + (1 - base) sigmoid(S - b), S learnt by plain SGD.

    Below b the sigmoid is an exponential: S crosses b within n updates where
    |dL/dtheta (tuned - pre)| holds at about exp(b - 1/2) / (n lr) or more. Far beyond b it is
    flat, and what has crossed stays. So the rounded mask mostly grows, and how far hangs on lr.
    """

    def __init__(self, delta: Delta, base: torch.Tensor, config: GraftConfig) -> None:
        """`base`: (s,) indices of the base patch. S starts uniform in [0, 1)."""
        generator = torch.Generator().manual_seed(config.seed)
        self.state = torch.rand(len(delta), generator=generator).to(delta.pre)  # S, (P,)
        self.base = base
        self.bias = config.sigmoid_bias
        self._given = config.lr
        self._crossing = 0.0
        self._sample: tuple[int, torch.Tensor, torch.Tensor] | None = None
        self._steps = config.steps
        self._delta = delta
        self._scratch = delta.pre.new_empty(3, min(delta.chunk, len(delta)))

    @torch.no_grad()
    def put(self) -> None:
        """Show the model under the soft mask: theta = pre + gamma (tuned - pre)."""
        d = self._delta
        for part in d.parts():
            self._show(part, self._moved(part))
        self._show_base()

    @torch.no_grad()
    def update(self, loss: float = math.inf) -> None:
        """One SGD step of S from the gradients in `delta.grad`, which is cleared; then as `put`.

        dL/dS = dL/dtheta (tuned - pre) (1 - 2 base) sigmoid'(S - b). Both in one pass: what a
        chunk needs is read from memory once. `loss`: in nats, what the gradients are of.
        """
        d = self._delta
        lr = self._given or self._own_rate(loss)
        d.grad[self.base] *= -1  # 1 - 2 base
        for part in d.parts():
            moved, soft = self._moved(part), self._soft(part)
            slope = self._slope(part, moved)
            slope.addcmul_(slope, soft, value=-1)  # sigmoid' = (1 - sigmoid) sigmoid
            self.state[part].addcmul_(slope, soft, value=-lr)
            d.grad[part].zero_()
            self._show(part, moved)
        self._show_base()

    def _own_rate(self, loss: float) -> float:
        """The rate by which about s weights can cross in the updates there will be.

        It goes by the s-th largest |dL/dtheta (tuned - pre)| of the first update outside the base
        patch, taken from a sample; 0 where nothing has a gradient. Halved for an update that
        promises, to first order, to take more than half of the loss away: it would go where the
        gradient is wrong.
        """
        d = self._delta
        each, some, moved = self._outside()
        slopes, state = d.grad[some] * moved, self.state[some]
        inside = d.grad[self.base] * (d.tuned[self.base] - d.pre[self.base])
        if not self._crossing and len(some):
            wanted = min(len(some), max(1, round(len(self.base) / each)))
            q = torch.topk(slopes.abs(), wanted, sorted=False).values.min().item()
            self._crossing = crossing(self.bias, self._steps) / q if q else 0.0

        def promised(lr: float) -> float:
            inner = self._promise(self.state[self.base], -inside, lr)
            return inner + each * self._promise(state, slopes, lr)

        lr = self._crossing
        while promised(lr) > loss / 2:
            lr /= 2
        return lr

    def _outside(self) -> tuple[int, torch.Tensor, torch.Tensor]:
        """A sample of the weights outside the base patch: how many each is for, indices, moves."""
        if self._sample is None:
            each = max(1, len(self._delta) // SAMPLE)
            some = torch.arange(0, len(self._delta), each, device=self.base.device)
            some = some[~torch.isin(some, self.base)]
            self._sample = each, some, self._delta.tuned[some] - self._delta.pre[some]
        return self._sample

    def _promise(self, state: torch.Tensor, slope: torch.Tensor, lr: float) -> float:
        """What a step at `lr` takes off the loss if the loss is linear in sigmoid(S - b), nats."""
        soft = torch.sigmoid(state - self.bias)
        after = torch.sigmoid(state - lr * slope * soft * (1 - soft) - self.bias)
        return float((slope * (soft - after)).sum(dtype=torch.float64))

    def _moved(self, part: slice) -> torch.Tensor:
        """tuned - pre of a chunk, in scratch memory."""
        d = self._delta
        out = self._scratch[0, : part.stop - part.start]
        return torch.sub(d.tuned[part], d.pre[part], out=out)

    def _soft(self, part: slice) -> torch.Tensor:
        """sigmoid(S - b) of a chunk, in scratch memory."""
        out = self._scratch[1, : part.stop - part.start]
        return torch.sub(self.state[part], self.bias, out=out).sigmoid_()

    def _slope(self, part: slice, moved: torch.Tensor) -> torch.Tensor:
        """dL/dtheta (tuned - pre) of a chunk, in the gradient's place where that is float32."""
        grad = self._delta.grad[part]
        if grad.dtype == moved.dtype:
            return grad.mul_(moved)
        return torch.mul(moved, grad, out=self._scratch[2, : len(moved)])

    def _show(self, part: slice, moved: torch.Tensor) -> None:
        d = self._delta
        torch.addcmul(d.pre[part], self._soft(part), moved, out=d.theta[part])

    def _show_base(self) -> None:
        """The base patch has 1 - sigmoid(S - b): few entries, done after the pass over all."""
        d = self._delta
        soft = 1 - torch.sigmoid(self.state[self.base] - self.bias)
        shown = d.pre[self.base] + soft * (d.tuned[self.base] - d.pre[self.base])
        d.theta[self.base] = shown.to(d.theta)

    def stored(self) -> dict[str, Any]:
        """S, and the rate that the first update set."""
        return {"S": self.state, "crossing": self._crossing}

    def go_on_from(self, stored: Mapping[str, Any]) -> None:
        """With that S, shown."""
        self.state.copy_(stored["S"])
        self._crossing = stored["crossing"]
        self.put()

    def candidates(self) -> list[torch.Tensor]:
        """The rounded mask, and one of s entries where it has grown beyond that."""
        rounded = self.rounded()
        return [rounded, self._trimmed()] if len(rounded) > len(self.base) else [rounded]

    def rounded(self) -> torch.Tensor:
        """Indices where gamma > 1/2: S > b outside the base patch, S < b inside it."""
        inside = self.state[self.base]
        self.state[self.base] = torch.where(inside < self.bias, math.inf, -math.inf)
        over = [
            (self.state[part] > self.bias).nonzero().flatten() + part.start
            for part in self._delta.parts()
        ]
        self.state[self.base] = inside
        return torch.cat(over)

    def _trimmed(self) -> torch.Tensor:
        """The s indices with the largest gamma."""
        inside = self.state[self.base]
        self.state[self.base] = 2 * self.bias - inside  # gamma = sigmoid(this - b) everywhere
        trimmed = top(self.state, len(self.base))
        self.state[self.base] = inside
        return trimmed
