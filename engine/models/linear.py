"""A linear head on an encoder without its LM head (task.type = finetune)."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import nn

from engine.batches import Batch
from engine.contract.layout import write_whole
from engine.errors import ConfigError
from engine.models.answer import AnswerModel
from engine.models.trial import trial

FILE = "linear_head.safetensors"
"""Beside the weights of a checkpoint."""


class LinearModel(AnswerModel):
    """A linear layer on the hidden state of [CLS], of the mask, or the mean of all tokens."""

    def __init__(self, lm: Any, classes: int, reads: str) -> None:
        """`reads`: "cls" (the first token), "mask" (the prompt's mask) or "mean".

        The head starts as nn.Linear does, from torch's seed.
        """
        super().__init__(lm)
        # Not by the config: those of several networks in one have a size for each.
        self.head = nn.Linear(trial(lm).values.shape[-1], classes)
        self.reads = reads

    def forward(self, batch: Batch) -> torch.Tensor:
        out = self.run(batch.ids, batch.attention, batch.segments)
        hidden: torch.Tensor = out.last_hidden_state  # (B, T, H)
        return self.head(self._read(hidden, batch)).float()  # type: ignore[no-any-return]

    @property
    def form(self) -> tuple[str]:
        """What the head reads."""
        return (self.reads,)

    def _read(self, hidden: torch.Tensor, batch: Batch) -> torch.Tensor:
        """(B, H)."""
        if self.reads == "mean":
            counted = batch.attention.unsqueeze(-1).to(hidden)  # (B, T, 1)
            return (hidden * counted).sum(1) / counted.sum(1)
        if self.reads == "mask":
            return hidden[torch.arange(len(hidden), device=hidden.device), batch.answer]
        return hidden[:, 0]

    def save_head(self, folder: Path) -> None:
        """Write the head into a checkpoint folder."""
        weights = {name: value.contiguous() for name, value in self.head.state_dict().items()}
        write_whole(folder / FILE, save(weights))

    def load_head(self, folder: Path) -> None:
        """Take over the head of a checkpoint folder. Raises ConfigError if none there fits."""
        try:
            self.head.load_state_dict(load_file(folder / FILE))
        except (OSError, RuntimeError) as error:
            raise ConfigError(
                f"{folder} has no linear head for this task: {str(error).splitlines()[0]}",
                "cut the graft from a run of the same task with task.type=finetune",
            ) from None
