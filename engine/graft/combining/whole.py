"""A fine-tuned checkpoint as a skill that holds every maskable weight: its whole task vector."""

from collections.abc import Sequence

import torch
from torch import nn

from engine.graft.info import digest
from engine.graft.skill import Skill, of_weights
from engine.versions import versions


def whole(lm: nn.Module, tuned: nn.Module, names: Sequence[str], base: str, task: str) -> Skill:
    """The skill of `tuned`, which was tuned from `lm`: all its weights of these tensors, whether
    they moved or not; `base`: the name of `lm`."""
    before, after = dict(lm.named_parameters()), dict(tuned.named_parameters())
    old = {name: before[name].detach().flatten().cpu().clone() for name in names}
    sizes = {name: len(flat) for name, flat in old.items()}
    return of_weights(
        {name: torch.arange(size) for name, size in sizes.items()},
        {name: after[name].detach().flatten().cpu().clone() for name in names},
        old,
        shapes={name: list(before[name].shape) for name in names},
        sizes=sizes,
        digests={name: digest(flat) for name, flat in old.items()},
        base=base,
        task=task,
        prompt="",
        label_words={},
        sparsity=1.0,
        scores={},
        config_hash="",
        versions=versions(),
    )
