"""A fine-tuned checkpoint as a skill that holds every maskable weight: its whole task vector."""

from collections.abc import Sequence

import torch
from torch import nn

from engine.contract.skill_info import SkillInfo
from engine.graft.info import digest
from engine.graft.skill import Skill
from engine.versions import versions


def whole(lm: nn.Module, tuned: nn.Module, names: Sequence[str], base: str, task: str) -> Skill:
    """The skill of `tuned`, which was tuned from `lm`: all its weights of these tensors, whether
    they moved or not; `base`: the name of `lm`."""
    before, after = dict(lm.named_parameters()), dict(tuned.named_parameters())
    old = {name: before[name].detach().flatten().cpu().clone() for name in names}
    sizes = {name: len(flat) for name, flat in old.items()}
    info = SkillInfo(
        base=base,
        digests={name: digest(flat) for name, flat in old.items()},
        shapes={name: list(before[name].shape) for name in names},
        task=task,
        prompt="",
        label_words={},
        sparsity=1.0,
        weights=sum(sizes.values()),
        maskable=sum(sizes.values()),
        scores={},
        config_hash="",
        versions=versions(),
        tensors=sizes,
    )
    new = {name: after[name].detach().flatten().cpu().clone() for name in names}
    return Skill(info, {n: torch.arange(size) for n, size in sizes.items()}, new, old)
