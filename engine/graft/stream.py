"""Movement grafts of models of any size, cut from two checkpoint folders without loading either.

Owns the one pass over both. Tensors stay mapped from their files, `CHUNK` weights at a time are
looked at, and only the entries that may still be among the top s are kept: beside pages of the
files, which the system takes back when it likes, memory holds some chunks and at most
2 s + 2 CHUNK candidates of 20 bytes. Refuses folders of different models, quantised weights, and
numbers that are not finite.
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
    total = sum(map(math.prod, shapes.values()))
    size = budget(sparsity, total)
    best = Best(size, max(size, CHUNK))
    weights = Weights(pretrained, shapes), Weights(finetuned, shapes)
    digests, types = _pass(*weights, shapes, best, tell)
    movement, where, *both = best.rows()
    indices, values, before = {}, {}, {}
    for name, chosen, start in _shared_out(where, shapes):
        indices[name] = where[chosen] - start
        before[name], values[name] = (
            column[chosen].to(kind) for column, kind in zip(both, types[name], strict=True)
        )
    about = SkillInfo(
        digests={name: digests[name] for name in indices},
        shapes={name: shapes[name] for name in indices},
        sparsity=sparsity,
        weights=size,
        maskable=total,
        **info,
    )
    return Cut(Skill(about, indices, values, before, _head(finetuned)), movement.min().item())


def maskable(base: Path, tuned: Path, freeze: FreezeConfig) -> Shapes:
    """The tensors of `base` that a run would graft, in its order. Raises ConfigError.

    The two configs must build the same tensors.
    """
    lm, other = blueprint(base), blueprint(tuned)
    here, there = _shapes(lm), _shapes(other)
    wrong = next((n for n in {**here, **there} if here.get(n) != there.get(n)), "")
    if wrong:
        raise ConfigError(
            f"{tuned} is not a fine-tuned {base}: {wrong} differs ({here.get(wrong, 'missing')} "
            f"and {there.get(wrong, 'missing')})",
            "give the pretrained model that it was tuned from",
        )
    return {name: here[name] for name in weight_map(lm).maskable(freeze)}


def blueprint(folder: Path) -> nn.Module:
    """The language model of a folder's config, without weights (on torch's meta device).

    A causal LM if the config says so, else a masked one, as of an encoder with a linear head.
    Raises ConfigError.
    """
    import transformers
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as CAUSAL

    try:
        config = transformers.AutoConfig.from_pretrained(folder)
        causal = (config.architectures or [""])[0] in CAUSAL.values()
        auto = transformers.AutoModelForCausalLM if causal else transformers.AutoModelForMaskedLM
        with torch.device("meta"):
            lm: nn.Module = auto.from_config(config)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{folder} is no causal or masked language model: {str(error).splitlines()[0][:200]}",
            "give folders that save_pretrained wrote, with their config.json",
        ) from None
    config.pad_token_id = None  # else transformers looks for padding, where no numbers are
    return lm


def _shapes(lm: nn.Module) -> Shapes:
    return {name: list(parameter.shape) for name, parameter in lm.named_parameters()}


def _pass(
    base: Weights, tuned: Weights, shapes: Shapes, best: Best, tell: Tell
) -> tuple[dict[str, str], dict[str, list[torch.dtype]]]:
    """Show all tensors to `best`. Of each the digest before, and the types before and after."""
    digests, types = {}, {}
    done, total = 0, sum(map(math.prod, shapes.values()))
    for name in shapes:
        pair = base.flat(name), tuned.flat(name)
        digests[name], types[name] = _follow(name, *pair, best), [one.dtype for one in pair]
        done += len(pair[0])
        tell(done, total)
    return digests, types


def _follow(name: str, pre: torch.Tensor, post: torch.Tensor, best: Best) -> str:
    """Show `best` a tensor before and after, both (n,); the digest of it before."""
    found = hashlib.sha256()
    for place in chunks(len(pre)):
        old, new = pre[place].float(), post[place].float()
        movement = torch.sub(new, old).abs_()
        if not movement.isfinite().all():
            raise ConfigError(
                f"{name} holds numbers that are not finite, or moved beyond float32",
                "the fine-tuning diverged: tune with a lower learning rate",
            )
        best.add(movement, old, new)
        # As engine.graft.info.digest, which wants the whole tensor at once.
        found.update(old.numpy().astype("<f4", copy=False).data)
    return found.hexdigest()


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
