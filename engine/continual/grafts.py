"""The graft of a task that was learnt from the pretrained model: the weights that moved most."""

import torch

from engine.contract.sections import ModelConfig, TaskConfig
from engine.graft.info import digest
from engine.graft.mask import budget, top
from engine.graft.origin import origin
from engine.graft.skill import Skill, of_weights

Weights = dict[str, torch.Tensor]


def graft(
    pre: Weights, tuned: Weights, sparsity: float, task: TaskConfig, model: ModelConfig
) -> Skill:
    """The top `sparsity` of |tuned - pre| over all tensors, as `movement` chooses it; of weights by
    name, any shapes. Raises ConfigError for a count beyond all weights."""
    movement = torch.cat([(tuned[name] - pre[name]).abs().flatten() for name in pre])
    mask = top(movement, budget(sparsity, len(movement), "continual.sparsity"))
    indices, values, before, start = {}, {}, {}, 0
    for name, old in pre.items():
        low, high = torch.searchsorted(mask, torch.tensor([start, start + old.numel()])).tolist()
        if low < high:
            indices[name] = mask[low:high] - start
            values[name] = tuned[name].flatten()[indices[name]]
            before[name] = old.flatten()[indices[name]]
        start += old.numel()
    return of_weights(
        indices,
        values,
        before,
        shapes={name: list(pre[name].shape) for name in indices},
        sizes={name: old.numel() for name, old in pre.items()},
        digests={name: digest(pre[name]) for name in indices},
        sparsity=sparsity,
        scores={},
        config_hash="",
        **origin(model, task),
    )
