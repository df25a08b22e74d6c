"""Which stored numbers a model's tensors are made of, as transformers arranges them.

Names on disk are not always those in memory (LayerNorm.gamma is LayerNorm.weight), and some tensors
are made of several (the experts of Mixtral). Owns the asking of transformers for that. Refuses what
is more than a rearrangement of whole rows.
"""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from engine.errors import ConfigError
from engine.graft.apply import match
from engine.graft.blueprint import blueprint
from engine.graft.checkpoint import Checkpoint
from engine.graft.info import SkillError


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive entries of a stored tensor."""

    key: str
    start: int
    size: int


Arranged = dict[str, list[Run]]
"""Of each tensor, by the model's name, where its entries lie, from the first to the last."""


def arranged(names: Iterable[str], checkpoint: Checkpoint) -> Arranged:
    """Where tensors, by a model's or a skill's names, lie in a checkpoint. Raises SkillError."""
    wanted = list(names)
    try:
        keys = match(wanted, checkpoint.files, str(checkpoint.folder))
    except SkillError as error:
        return _converted(wanted, checkpoint, error)
    return {name: [_whole(checkpoint, key)] for name, key in keys.items()}


def _converted(names: list[str], checkpoint: Checkpoint, otherwise: SkillError) -> Arranged:
    """As `arranged`, by transformers' renamings and conversions."""
    try:
        lm = blueprint(checkpoint.folder)
        own = match(names, set(lm.state_dict()), str(checkpoint.folder))
    except (ConfigError, SkillError):
        raise otherwise from None
    try:
        there = _conversions(lm, checkpoint)
    except (ImportError, TypeError):  # not public: another transformers may have it otherwise
        raise otherwise from None
    if not (lacking := [name for name in own.values() if not there.get(name)]):
        return {name: there[key] for name, key in own.items()}
    if lacking[0] in there:
        raise SkillError(
            f"{checkpoint.folder} stores {lacking[0]} in another arrangement than "
            f"{type(lm).__name__} has in memory",
            "load the model, install the skill into it (engine.graft.apply.installed), and save it "
            "with save_pretrained",
        )
    raise SkillError(
        f"{checkpoint.source} lacks {lacking[0]}, which the model of its config.json has",
        "copy the checkpoint anew, or load the model and save it with save_pretrained",
    )


def _whole(checkpoint: Checkpoint, key: str) -> Run:
    return Run(key, 0, torch.Size(checkpoint.place(key).shape).numel())


def _conversions(lm: Any, checkpoint: Checkpoint) -> Arranged:
    """All of the model's tensors that the checkpoint holds; no runs where that cannot be said."""
    from transformers.conversion_mapping import get_model_conversion_mapping
    from transformers.core_model_loading import (
        WeightConverter,
        WeightRenaming,
        dot_natural_key,
        rename_source_key,
    )

    rules = get_model_conversion_mapping(lm)
    renamings = [rule for rule in rules if isinstance(rule, WeightRenaming)]
    converters = [rule for rule in rules if isinstance(rule, WeightConverter)]
    # A converter collects what it makes one tensor of, and so serves one tensor only.
    fresh = {pattern: rule for rule in converters for pattern in rule.source_patterns}
    state, arranged = lm.state_dict(), Arranged()
    collecting: dict[str, tuple[Any, _Rows]] = {}
    for key in sorted(checkpoint.files, key=dot_natural_key):
        name, pattern = rename_source_key(key, renamings, converters, lm.base_model_prefix, state)
        if name not in state:
            name, pattern = rename_source_key(key, [], [], lm.base_model_prefix, state)
        if pattern is None:
            arranged[name] = [_whole(checkpoint, key)]
            continue
        rule, parts = collecting.setdefault(name, (deepcopy(fresh[pattern]), _Rows(checkpoint)))
        rule.add_tensor(name, key, pattern, parts.stand_in(key))
    for name, (rule, parts) in collecting.items():
        arranged |= _made(lm, name, rule, parts)
    return arranged


class _Rows:
    """Stored tensors with their rows numbered through, to see where a conversion puts each."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._starts: list[tuple[int, str]] = []
        self._next = 0
        self.widths: set[int] = set()

    def stand_in(self, key: str) -> torch.Tensor:
        """(..., 1) int64: the numbers of a tensor's rows, in its shape but for the last axis."""
        *outer, width = self._checkpoint.place(key).shape or [1]
        rows = torch.Size(outer).numel()
        self.widths.add(width)
        self._starts.append((self._next, key))
        numbers = torch.arange(self._next, self._next + rows).view(*outer, 1)
        self._next += rows + 1  # a gap, so that no run goes over the end of a tensor
        return numbers

    def runs(self, numbers: torch.Tensor) -> Iterator[Run]:
        """Where rows lie, given by their numbers (R,) int64."""
        (width,) = self.widths
        breaks = (numbers.diff() != 1).nonzero().flatten().add(1).tolist()
        starts = torch.tensor([start for start, _ in self._starts])
        for first, stop in zip([0, *breaks], [*breaks, len(numbers)], strict=True):
            row = int(numbers[first])
            start, key = self._starts[int((starts <= row).sum()) - 1]
            yield Run(key, (row - start) * width, (stop - first) * width)


def _made(lm: nn.Module, name: str, rule: Any, rows: _Rows) -> Arranged:
    """The tensors that a conversion makes of `rows`."""
    try:
        made = rule.convert(name, model=lm, config=lm.config)
    except (RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return {name: []}
    arranged = Arranged()
    for target, values in made.items():
        numbers = values[0] if isinstance(values, list) else values
        shape = list(lm.state_dict()[target].shape) or [1]
        fits = rows.widths == {shape[-1]} and list(numbers.shape) == [*shape[:-1], 1]
        arranged[target] = list(rows.runs(numbers.flatten())) if fits else []
    return arranged
