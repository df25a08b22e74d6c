"""Answers of several tokens, scored as wholes by a causal LM."""

from typing import Any

import torch
from torch.nn import functional as F

from engine.batches import Batch
from engine.label_tokens import Answers
from engine.models.answer import AnswerModel
from engine.models.narrow import Narrow


class SequenceModel(AnswerModel):
    """Mean log probability of each class's answer after the prompt, in nats a token.

    The mean, not the sum, so that a long answer is no worse for its length.
    """

    def __init__(self, lm: Any, answers: Answers) -> None:
        super().__init__(lm)
        longest = max(map(len, answers))
        padded = [[*answer, *[answer[-1]] * (longest - len(answer))] for answer in answers]
        lengths = torch.tensor([len(answer) for answer in answers])
        self.answers: torch.Tensor  # (C, A) int64, padded
        self.counted: torch.Tensor  # (C, A) bool, False at padding
        self.register_buffer("answers", torch.tensor(padded), persistent=False)
        counted = torch.arange(longest) < lengths.unsqueeze(1)
        self.register_buffer("counted", counted, persistent=False)
        self._narrow = Narrow(lm)

    def forward(self, batch: Batch) -> torch.Tensor:
        ids, attention, positions = self._continued(batch)
        segments = torch.zeros_like(ids)
        with self._narrow.at(positions, None) as now:
            logits = Narrow.logits(self.run(ids, attention, segments), now)  # (B C, A, V)
        wanted = self.answers.repeat(len(batch), 1).unsqueeze(-1)  # (B C, A, 1)
        each = F.log_softmax(logits.float(), -1).gather(-1, wanted).squeeze(-1)
        each = each.view(len(batch), *self.answers.shape)  # (B, C, A)
        return (each * self.counted).sum(-1) / self.counted.sum(-1)

    @property
    def form(self) -> tuple[bool, bool]:
        """How far the LM head is narrowed."""
        return self._narrow.form

    def _continued(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Each prompt with each answer after its last token: ids and attention (B C, T + A), and
        the positions that predict the answer's tokens (B C, A)."""
        classes, longest = self.answers.shape
        ids = F.pad(batch.ids, (0, longest)).repeat_interleave(classes, 0)
        attention = F.pad(batch.attention, (0, longest)).repeat_interleave(classes, 0)
        offsets = torch.arange(longest, device=ids.device)
        positions = batch.answer.repeat_interleave(classes).unsqueeze(1) + offsets  # (B C, A)
        ids.scatter_(1, positions + 1, self.answers.repeat(len(batch), 1))
        attention.scatter_(1, positions + 1, self.counted.repeat(len(batch), 1).to(attention))
        return ids, attention, positions
