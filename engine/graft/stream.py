"""Movement grafts of models of any size, cut from two checkpoint folders without loading either.

Owns the one pass over both. Tensors stay mapped from their files, `CHUNK` weights at a time are
looked at, and only the entries that may still be among the top s are kept: beside pages of the
files, which the system takes back when it likes, memory holds some chunks and at most
2 s + 2 CHUNK candidates of 20 bytes. Refuses folders of different models, quantised weights, and
numbers that are not finite.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from engine.contract.config import FreezeConfig
from engine.errors import ConfigError
from engine.graft.apply import match
from engine.graft.checkpoint import Checkpoint
from engine.graft.delta import CHUNK, chunks
from engine.graft.info import SkillError, SkillInfo
from engine.graft.mask import budget, top
from engine.graft.skill import Skill, Tensors
from engine.models import weight_map
from engine.models.linear import FILE

FLOATS = (torch.float32, torch.bfloat16, torch.float16)
"""What weights may be stored as: float32 holds each of them exactly."""
Shapes = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Cut:
    """What came of a pass."""

    skill: Skill
    least: float
    """The smallest movement in it; 0: weights that did not move had to fill it up."""


class Best:
    """The `s` largest scores of a stream, with what stands beside them; among equals the first."""

    def __init__(self, s: int, room: int) -> None:
        """`s`: 1 or more; `room`: candidates beyond `s` that are kept before they are sifted."""
        self._s, self._most = s, s + room
        self._parts: list[tuple[torch.Tensor, ...]] = []
        self._held = self._seen = 0
        self._bound = -math.inf

    def add(self, score: torch.Tensor, *beside: torch.Tensor) -> None:
        """Go on with (n,) scores, and (n,) values that stand beside them, at least `s` in all."""
        # Whoever only equals the bound comes after s others that reach it.
        fresh = (score > self._bound).nonzero().flatten()
        if len(fresh):
            row = (score[fresh], fresh + self._seen, *(values[fresh] for values in beside))
            self._parts.append(row)
            self._held += len(fresh)
        self._seen += len(score)
        if self._held > self._most:
            self._bound = self.rows()[0].min().item()

    def rows(self) -> tuple[torch.Tensor, ...]:
        """Scores, places in the stream (int64, rising), and what stands beside: each (s,)."""
        joined = tuple(map(torch.cat, zip(*self._parts, strict=True)))
        kept = top(joined[0], self._s)
        self._parts, self._held = [tuple(column[kept] for column in joined)], self._s
        return self._parts[0]


class Weights:
    """The tensors of a checkpoint folder, by a model's names for them."""

    def __init__(self, folder: Path, shapes: Shapes) -> None:
        """Raises ConfigError if one is missing, SkillError if the folder cannot be read."""
        self._folder, self._shapes, self._checkpoint = folder, shapes, Checkpoint(folder)
        try:
            self._keys = match(shapes, self._checkpoint.files, str(folder))
        except SkillError as error:
            raise ConfigError(
                error.message, "load the model with transformers and save it with save_pretrained"
            ) from None

    def flat(self, name: str) -> torch.Tensor:
        """(n,) at the file's precision, mapped: read only where it is looked at.

        Raises ConfigError for another shape than the model's, or a type that is not in FLOATS.
        """
        found, shape = self._checkpoint.tensor(self._keys[name]), self._shapes[name]
        if list(found.shape) != shape:
            raise ConfigError(
                f"{self._folder}: {name} has the shape {list(found.shape)}, not {shape}",
                "its config.json is of another model than its weights: copy the checkpoint anew",
            )
        if found.dtype not in FLOATS:
            raise ConfigError(
                f"{self._folder}: {name} is stored as {str(found.dtype).removeprefix('torch.')}",
                "take weights that are not quantised: float32, bfloat16 or float16",
            )
        return found.flatten()


def cut(
    base: Path,
    tuned: Path,
    sparsity: float,
    freeze: FreezeConfig,
    tell: Callable[[int, int], None],
    **info: Any,
) -> Cut:
    """The weights that moved most from `base` to `tuned`, as a skill.

    The same entries as `top` of `Delta.movement`, |tuned - base| in float32, would give; values as
    the files have them. `tell` hears after each tensor how many weights of how many are done;
    `info`: of SkillInfo base, task and the like. Raises ConfigError or SkillError.
    """
    shapes = maskable(base, tuned, freeze)
    total, done = sum(map(math.prod, shapes.values())), 0
    size = budget(sparsity, total)
    best, before, after = Best(size, max(size, CHUNK)), Weights(base, shapes), Weights(tuned, shapes)
    digests: dict[str, str] = {}
    stored: dict[str, tuple[torch.dtype, torch.dtype]] = {}
    for name in shapes:
        pre, post = before.flat(name), after.flat(name)
        digests[name], stored[name] = _follow(name, pre, post, best), (pre.dtype, post.dtype)
        done += len(pre)
        tell(done, total)
    movement, where, *both = best.rows()
    parts: tuple[Tensors, Tensors, Tensors] = ({}, {}, {})
    start = 0
    for name, shape in shapes.items():
        stop = start + math.prod(shape)
        low, high = torch.searchsorted(where, torch.tensor([start, stop]))
        if low < high:
            found = (where - start, *(b.to(kind) for b, kind in zip(both, stored[name], strict=True)))
        start = stop
    raise NotImplementedError
