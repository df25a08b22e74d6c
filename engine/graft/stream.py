"""Movement grafts of models of any size, cut from two checkpoint folders without loading either.

Owns the one pass over both. `CHUNK` weights at a time are read, and only entries that may still be
among the top s are kept, s + max(s / 4, CHUNK) at most: 20 bytes each, and some 100 while they are
sifted. Nothing grows with the model. Refuses folders of different models, and numbers that are
not finite.
"""

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from engine.contract.sections import FreezeConfig
from engine.errors import ConfigError
from engine.graft.blueprint import blueprint
from engine.graft.delta import CHUNK
from engine.graft.mask import budget, top
from engine.graft.skill import Skill, Tensors, of_weights
from engine.graft.stored import Shapes, Weights
from engine.models import weight_map
from engine.models.linear import FILE

Pieces = Iterator[torch.Tensor]
Tell = Callable[[int, int], None]
"""Hears how many weights of how many are done."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What came of a pass."""

    skill: Skill
    least: float
    """The smallest movement in it; 0: weights that did not move had to fill it up."""


class Best:
    """The `s` largest scores of a stream, with what stands beside them; among equals the first."""

    def __init__(self, s: int, room: int) -> None:
        """`s`: 1 or more; `room`: candidates beyond `s` (1 or more) that are kept before a sift."""
        self._s, self._room = s, room
        # One buffer a column: small tensors that come and go would scatter over the heap.
        self._columns: list[torch.Tensor] = []
        self._held = self._seen = 0
        self._bound = -math.inf

    def add(self, score: torch.Tensor, *beside: torch.Tensor) -> None:
        """Go on with (n,) scores, and (n,) values that stand beside them, at least `s` in all."""
        if not self._columns:
            kinds = score.dtype, torch.int64, *(values.dtype for values in beside)
            self._columns = [torch.empty(self._s + self._room, dtype=kind) for kind in kinds]
        # Whoever only equals the bound comes after s others that reach it.
        better = (score > self._bound).nonzero().flatten()
        for fresh in torch.split(better, self._room):
            if self._held + len(fresh) > self._s + self._room:
                self._bound = self.rows()[0].min().item()
            span = slice(self._held, self._held + len(fresh))
            row = (score[fresh], fresh + self._seen, *(values[fresh] for values in beside))
            for column, values in zip(self._columns, row, strict=True):
                column[span] = values
            self._held = span.stop
        self._seen += len(score)

    def rows(self) -> tuple[torch.Tensor, ...]:
        """Scores, places in the stream (int64, rising), and what stands beside: each (s,)."""
        kept = top(self._columns[0][: self._held], self._s)
        for column in self._columns:
            column[: self._s] = column[kept]
        self._held = self._s
        return tuple(column[: self._s] for column in self._columns)


def cut(
    pretrained: Path,
    finetuned: Path,
    sparsity: float,
    freeze: FreezeConfig,
    tell: Tell,
    **info: Any,
) -> Cut:
    """The weights that moved most between two checkpoint folders, as a skill.

    The same entries as `top` of `Delta.movement`, |tuned - pre| in float32, would give; values as
    the files have them. `tell` is called after each tensor; `info`: base, task and what else of
    SkillInfo comes from outside. Raises ConfigError or SkillError.
    """
    shapes = maskable(pretrained, finetuned, freeze)
    sizes = {name: math.prod(shape) for name, shape in shapes.items()}
    size = budget(sparsity, sum(sizes.values()))
    best = Best(size, max(size // 4, CHUNK))
    weights = Weights(pretrained, shapes), Weights(finetuned, shapes)
    digests, types = _pass(*weights, shapes, best, tell)
    movement, where, *both = best.rows()
    indices, values, before = {}, {}, {}
    for name, chosen, start in _shared_out(where, shapes):
        indices[name] = where[chosen] - start
        before[name], values[name] = (
            column[chosen].to(kind) for column, kind in zip(both, types[name], strict=True)
        )
    skill = of_weights(
        indices, values, before, _head(finetuned),
        shapes=shapes, sizes=sizes, digests=digests, sparsity=sparsity, **info,
    )  # fmt: skip
    return Cut(skill, movement.min().item())


def maskable(base: Path, tuned: Path, freeze: FreezeConfig) -> Shapes:
    """The tensors of `base` that a run would graft, in its order. Raises ConfigError.

    The two configs must build the same tensors.
    """
    lm, shapes = same_model(base, tuned)
    return {name: shapes[name] for name in weight_map(lm).maskable(freeze)}


def same_model(base: Path, tuned: Path) -> tuple[nn.Module, Shapes]:
    """The model of both folders, without its weights, and its tensors, tied ones once.

    Raises ConfigError where the two configs build different tensors.
    """
    lm = blueprint(base)
    here, there = _shapes(lm), _shapes(blueprint(tuned))
    wrong = next((n for n in {**here, **there} if here.get(n) != there.get(n)), "")
    if wrong:
        raise ConfigError(
            f"{tuned} is not a fine-tuned {base}: {wrong} differs ({here.get(wrong, 'missing')} "
            f"and {there.get(wrong, 'missing')})",
            "give the pretrained model that it was tuned from",
        )
    return lm, here


def _shapes(lm: nn.Module) -> Shapes:
    return {name: list(parameter.shape) for name, parameter in lm.named_parameters()}


def _pass(
    base: Weights, tuned: Weights, shapes: Shapes, best: Best, tell: Tell
) -> tuple[dict[str, str], dict[str, list[torch.dtype]]]:
    """Show all tensors to `best`. Of each the digest before, and the types before and after."""
    digests, types = {}, {}
    done, total = 0, sum(map(math.prod, shapes.values()))
    for name in shapes:
        types[name] = [base.kind(name), tuned.kind(name)]
        digests[name] = _follow(name, base.pieces(name), tuned.pieces(name), best)
        done += math.prod(shapes[name])
        tell(done, total)
    return digests, types


def _follow(name: str, pre: Pieces, post: Pieces, best: Best) -> str:
    """Show `best` a tensor before and after; the digest of it before."""
    hashed = hashlib.sha256()
    for before, after in zip(pre, post, strict=True):
        old, new = before.float(), after.float()
        movement = torch.sub(new, old).abs_()
        if not movement.isfinite().all():
            raise ConfigError(
                f"{name} holds numbers that are not finite, or moved beyond float32",
                "the fine-tuning diverged: tune with a lower learning rate",
            )
        best.add(movement, old, new)
        # As engine.graft.info.digest, which wants the whole tensor at once.
        hashed.update(old.numpy().astype("<f4", copy=False).data)
    return hashed.hexdigest()


def _shared_out(where: torch.Tensor, shapes: Shapes) -> Iterator[tuple[str, slice, int]]:
    """Each tensor that has some of the places, (s,) rising: which ones, and where it starts."""
    start = 0
    for name, shape in shapes.items():
        stop = start + math.prod(shape)
        low, high = torch.searchsorted(where, torch.tensor([start, stop])).tolist()
        if low < high:
            yield name, slice(low, high), start
        start = stop


def _head(tuned: Path) -> Tensors:
    """The linear head beside the weights; empty where there is none."""
    return load_file(tuned / FILE) if (tuned / FILE).is_file() else {}
