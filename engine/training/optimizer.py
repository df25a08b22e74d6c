"""The optimizer of a fine-tuning and its schedule."""

from collections.abc import Mapping
from typing import Any

import torch

from engine.contract.kinds.finetune import TrainConfig
from engine.training.moving import Moving


def make_optimizer(moving: Moving, config: TrainConfig) -> torch.optim.Optimizer:
    """SGD without momentum, or AdamW; no weight decay on vectors (biases and norms)."""
    decayed = [p for name, p in moving.parameters.items() if name in moving.decayed]
    plain = [p for name, p in moving.parameters.items() if name not in moving.decayed]
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    if config.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=config.lr)
    return torch.optim.AdamW(groups, lr=config.lr)


def set_lr(optimizer: torch.optim.Optimizer, config: TrainConfig, step: int) -> float:
    """SGD keeps its lr; AdamW's falls linearly to 0 after the last step (LM-BFF's Trainer)."""
    left = 1.0 if config.optimizer == "sgd" else 1 - (step - 1) / config.steps
    for group in optimizer.param_groups:
        group["lr"] = config.lr * left
    return config.lr * left


def stored(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """What it remembers of each parameter, by number; its rates are told by the step."""
    return {str(number): kept for number, kept in optimizer.state_dict()["state"].items()}


def go_on_from(optimizer: torch.optim.Optimizer, kept: Mapping[str, Any]) -> None:
    """Have it remember what `stored` gave."""
    state = {int(number): values for number, values in kept.items()}
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
