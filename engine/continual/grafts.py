"""The graft of a task that was learnt from the pretrained model: the weights that moved most."""

import torch

from engine.contract.sections import TaskConfig
from engine.contract.skill_info import SkillInfo
from engine.data import prompting_of, spec_of
from engine.graft.info import digest
from engine.graft.mask import budget, top
from engine.graft.skill import Skill
from engine.versions import versions

Weights = dict[str, torch.Tensor]


def graft(pre: Weights, tuned: Weights, sparsity: float, task: TaskConfig, base: str) -> Skill:
    """The top `sparsity` of |tuned - pre| over all tensors, as `movement` chooses it; of weights by
    name, any shapes. Raises ConfigError for a count beyond all weights."""
    movement = torch.cat([(tuned[name] - pre[name]).abs().flatten() for name in pre])
    mask = top(movement, budget(sparsity, len(movement), "continual.sparsity"))
    prompting = prompting_of(task, spec_of(task))
    indices, values, before, start = {}, {}, {}, 0
    for name, old in pre.items():
        low, high = torch.searchsorted(mask, torch.tensor([start, start + old.numel()])).tolist()
        if low < high:
            indices[name] = mask[low:high] - start
            values[name] = tuned[name].flatten()[indices[name]]
            before[name] = old.flatten()[indices[name]]
        start += old.numel()
    info = SkillInfo(
        base=base,
        digests={name: digest(pre[name]) for name in indices},
        shapes={name: list(pre[name].shape) for name in indices},
        task=task.name,
        prompt=prompting.prompt,
        label_words=dict(prompting.label_words),
        sparsity=sparsity,
        weights=len(mask),
        maskable=start,
        scores={},
        config_hash="",
        versions=versions(),
        tensors={name: old.numel() for name, old in pre.items()},
    )
    return Skill(info, indices, values, before)
