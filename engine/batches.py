"""Batches: examples as tensors of token ids, padded to their own longest row.

A row of the task is one example, or several in turn where it is put to the model in several
contexts (demonstrations, several prompts). Knows no files and no model.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, slots=True)
class Example:
    """One filled prompt and what is right."""

    ids: tuple[int, ...]
    answer: int
    """Position whose hidden state gives the answer."""
    segments: tuple[int, ...]
    label: float
    """Class (int), or of a regression the score from 0 to 1 (float)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples as tensors, padded on the right."""

    ids: torch.Tensor  # (B, T) int64
    attention: torch.Tensor  # (B, T) int64, 1 at tokens
    segments: torch.Tensor  # (B, T) int64
    answer: torch.Tensor  # (B,) int64, position of the answer
    label: torch.Tensor  # (B,) int64 classes, or float32 scores from 0 to 1

    def __len__(self) -> int:
        return len(self.label)

    def split(self, size: int) -> Iterator["Batch"]:
        """Micro-batches of `size`, the last one shorter."""
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            yield Batch(
                self.ids[rows],
                self.attention[rows],
                self.segments[rows],
                self.answer[rows],
                self.label[rows],
            )


def collate(examples: Sequence[Example], pad_id: int, device: torch.device) -> Batch:
    """`examples` as one batch, padded to the longest of them."""
    longest = max(len(e.ids) for e in examples)

    def padded(rows: Sequence[Sequence[int]], fill: int) -> torch.Tensor:
        return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows], device=device)

    return Batch(
        ids=padded([e.ids for e in examples], pad_id),
        attention=padded([[1] * len(e.ids) for e in examples], 0),
        segments=padded([e.segments for e in examples], 0),
        answer=torch.tensor([e.answer for e in examples], device=device),
        label=torch.tensor([e.label for e in examples], device=device),
    )


def sorted_batches(
    examples: Sequence[Example], tokens: int, pad_id: int, device: torch.device
) -> Iterator[tuple[list[int], Batch]]:
    """Batches of rows of like length, with the rows' indices: little padding, any order back.

    Each holds as many rows as fit into `tokens` with their padding, and at least one.
    """
    lengths = [len(example.ids) for example in examples]
    chosen: list[int] = []
    for at in sorted(range(len(examples)), key=lengths.__getitem__):
        if chosen and (len(chosen) + 1) * lengths[at] > tokens:
            yield chosen, collate([examples[i] for i in chosen], pad_id, device)
            chosen = []
        chosen.append(at)
    if chosen:
        yield chosen, collate([examples[i] for i in chosen], pad_id, device)


def shuffled_batches(
    examples: Sequence[Example],
    size: int,
    seed: int,
    pad_id: int,
    device: torch.device,
    contexts: int = 1,
    skip: int = 0,
) -> Iterator[Batch]:
    """Endless batches of `size` rows, a new order each pass; the last short batch is kept.

    Each row of `contexts` examples comes in one of them, drawn anew. `skip`: so many batches of
    the same seed have been taken already, and are not given.
    """
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = draw(len(examples) // contexts, contexts, generator)
        for start in range(0, len(order), size):
            if skip:
                skip -= 1
                continue
            yield collate([examples[i] for i in order[start : start + size]], pad_id, device)


def draw(rows: int, contexts: int, generator: torch.Generator) -> list[int]:
    """An example of each row, in a random order."""
    order = torch.randperm(rows, generator=generator)
    if contexts > 1:
        order = order * contexts + torch.randint(contexts, (rows,), generator=generator)
    drawn: list[Any] = order.tolist()
    return drawn
