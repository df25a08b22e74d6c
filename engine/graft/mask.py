"""Masks: the exact top-s of a score, and the mask that is learnt (paper, section 2).

A rounded mask is a sorted int64 tensor of indices into the flat buffers of `Delta`.
"""

import torch

from engine.errors import ConfigError
from engine.graft.delta import CHUNK, Delta, chunks

# Entries that a sample of scores holds.
_SAMPLE = 1 << 20


def budget(sparsity: float, total: int) -> int:
    """How many of `total` weights: a whole number is a count, a float a fraction (at least 1).

    Raises ConfigError for a count beyond `total`.
    """
    if isinstance(sparsity, int):
        if sparsity > total:
            raise ConfigError(
                f"graft.sparsity = {sparsity} weights, but {total:,} are maskable",
                "give a smaller count, or a fraction such as 1e-4",
            )
        return sparsity
    return max(1, round(sparsity * total))


def top(score: torch.Tensor, s: int) -> torch.Tensor:
    """Indices of exactly the `s` largest entries of `score`; among equals the first ones.

    The reference keeps what is above the s-th value and so drops all its ties.
    """
    if s == 0:
        return torch.empty(0, dtype=torch.int64, device=score.device)
    bound = _bound(score, s)
    above = (score > bound).nonzero().flatten()
    level = (score == bound).nonzero().flatten()[: s - len(above)]
    return torch.cat([above, level]).sort().values


def _bound(score: torch.Tensor, s: int) -> torch.Tensor:
    """The s-th largest entry: topk over what lies above a guess that a sample gives.

    Selecting from all of 85 M entries takes several times as long.
    """
    step = max(1, len(score) // _SAMPLE)
    sample = score[::step]
    wanted = 2 * s * len(sample) // len(score) + 32  # twice as many: hardly ever too few
    if wanted < len(sample):
        above = score[score >= torch.topk(sample, wanted, sorted=False).values.min()]
        if len(above) >= s:
            score = above
    return torch.topk(score, s, sorted=False).values.min()


class LearntMask:
    """gamma = base (1 - sigmoid(S - b)) + (1 - base) sigmoid(S - b), S learnt by plain SGD."""

    def __init__(self, delta: Delta, base: torch.Tensor, bias: float, seed: int) -> None:
        """`base`: (s,) indices of the base patch. S starts uniform in [0, 1)."""
        generator = torch.Generator().manual_seed(seed)
        self.state = torch.rand(len(delta), generator=generator).to(delta.pre)  # S, (P,)
        self.base = base
        self.bias = bias
        self._delta = delta
        self._scratch = delta.pre.new_empty(3, min(CHUNK, len(delta)))

    @torch.no_grad()
    def put(self) -> None:
        """Show the model under the soft mask: theta = pre + gamma (tuned - pre)."""
        d = self._delta
        for part in chunks(len(d)):
            self._show(part, self._moved(part))
        self._show_base()

    @torch.no_grad()
    def update(self, lr: float) -> None:
        """One SGD step of S from the gradients in `delta.grad`, which is cleared; then as `put`.

        dL/dS = dL/dtheta (tuned - pre) (1 - 2 base) sigmoid'(S - b). Both in one pass: what a
        chunk needs is read from memory once.
        """
        d = self._delta
        d.grad[self.base] *= -1  # 1 - 2 base
        for part in chunks(len(d)):
            moved, soft = self._moved(part), self._soft(part)
            slope = torch.mul(moved, d.grad[part], out=self._scratch[2, : len(moved)])
            slope.addcmul_(slope, soft, value=-1)  # sigmoid' = (1 - sigmoid) sigmoid
            self.state[part].addcmul_(slope, soft, value=-lr)
            d.grad[part].zero_()
            self._show(part, moved)
        self._show_base()

    def _moved(self, part: slice) -> torch.Tensor:
        """tuned - pre of a chunk, in scratch memory."""
        d = self._delta
        out = self._scratch[0, : part.stop - part.start]
        return torch.sub(d.tuned[part], d.pre[part], out=out)

    def _soft(self, part: slice) -> torch.Tensor:
        """sigmoid(S - b) of a chunk, in scratch memory."""
        out = self._scratch[1, : part.stop - part.start]
        return torch.sub(self.state[part], self.bias, out=out).sigmoid_()

    def _show(self, part: slice, moved: torch.Tensor) -> None:
        d = self._delta
        torch.addcmul(d.pre[part], self._soft(part), moved, out=d.theta[part])

    def _show_base(self) -> None:
        """The base patch has 1 - sigmoid(S - b): few entries, done after the pass over all."""
        d = self._delta
        soft = 1 - torch.sigmoid(self.state[self.base] - self.bias)
        d.theta[self.base] = d.pre[self.base] + soft * (d.tuned[self.base] - d.pre[self.base])

    def rounded(self) -> torch.Tensor:
        """Indices where gamma > 1/2: S > b outside the base patch, S < b inside it."""
        kept = self.base[self.state[self.base] < self.bias]
        over = [
            (self.state[part] > self.bias).nonzero().flatten() + part.start
            for part in chunks(len(self.state))
        ]
        crossed = torch.cat(over)
        added = crossed[~torch.isin(crossed, self.base)]
        return torch.cat([kept, added]).sort().values
