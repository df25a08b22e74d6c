"""Whether a network is causal, found by trying: AutoModelForCausalLM takes encoders too."""

import torch

from engine.contract.sections import ModelConfig, TaskConfig
from engine.errors import ConfigError
from engine.models.trial import Trial


def is_causal(tried: Trial) -> bool:
    """Whether the first position is blind to the others."""
    return torch.allclose(tried.values[0, 0], tried.values[1, 0], rtol=1e-4, atol=1e-5)


def check_causal(tried: Trial, model: ModelConfig, task: TaskConfig) -> None:
    """Raises ConfigError where the task would read what the network cannot know, or may not."""
    if task.type == "autoregressive" and not is_causal(tried):
        raise ConfigError(
            f"{model.name} is no causal LM: its positions see what comes after them",
            "use task.type=prompt for a masked LM",
        )
    if task.type == "finetune" and task.head == "cls" and is_causal(tried):
        raise ConfigError(
            f"task.head = cls reads the first token, which in a causal LM such as {model.name} "
            "has seen nothing of the text",
            "set task.head=mean",
        )
