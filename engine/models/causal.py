"""Whether a network is causal, found by trying: AutoModelForCausalLM takes encoders too."""

from typing import Any

import torch

from engine.contract.config import ModelConfig, TaskConfig
from engine.errors import ConfigError


@torch.no_grad()
def is_causal(lm: Any) -> bool:
    """Whether the first position is blind to the second."""
    ids = torch.tensor([[5, 6], [5, 7]], device=next(lm.parameters()).device)
    was_training = lm.training
    out = lm.eval()(input_ids=ids)
    lm.train(was_training)
    values = out.logits if hasattr(out, "logits") else out.last_hidden_state  # (2, 2, V or H)
    return torch.allclose(values[0, 0], values[1, 0], rtol=1e-4, atol=1e-5)


def check_causal(lm: Any, model: ModelConfig, task: TaskConfig) -> None:
    """Raises ConfigError where the task would read what the network cannot know, or may not."""
    if task.type == "autoregressive" and not is_causal(lm):
        raise ConfigError(
            f"{model.name} is no causal LM: its positions see what comes after them",
            "use task.type=prompt for a masked LM",
        )
    if task.type == "finetune" and task.head == "cls" and is_causal(lm):
        raise ConfigError(
            f"task.head = cls reads the first token, which in a causal LM such as {model.name} "
            "has seen nothing of the text",
            "set task.head=mean",
        )
