"""Weights in the files of a checkpoint folder, read in small pieces and never mapped.

Owns what may be read so. Refuses quantised weights, and files that are torn.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import torch

from engine.errors import ConfigError
from engine.graft.arrangement import Run, arranged
from engine.graft.checkpoint import KINDS, Checkpoint, Stored, fill
from engine.graft.delta import CHUNK
from engine.graft.info import SkillError

FLOATS = {kind: KINDS[kind] for kind in ("F32", "BF16", "F16")}
"""What weights may be stored as: float32 holds each of them exactly."""
Shapes = dict[str, list[int]]


class Weights:
    """The tensors of a checkpoint folder, by a model's names for them."""

    def __init__(self, folder: Path, shapes: Shapes) -> None:
        """Raises ConfigError if one is not the model's, SkillError if they cannot be read."""
        checkpoint = Checkpoint(folder)
        try:
            lie = arranged(shapes, checkpoint)
        except SkillError as error:
            raise ConfigError(error.message, error.hint) from None
        self._runs = {
            name: [(checkpoint.place(run.key), run) for run in runs] for name, runs in lie.items()
        }
        for name, parts in self._runs.items():
            _check(parts, shapes[name], name)

    def kind(self, name: str) -> torch.dtype:
        """What a tensor's numbers are stored as."""
        return FLOATS[self._runs[name][0][0].kind]

    def pieces(self, name: str) -> Iterator[torch.Tensor]:
        """A tensor as (n,) pieces of up to CHUNK, at the file's precision."""
        left = sum(run.size for _, run in self._runs[name])
        piece, held = self._empty(name, left), 0
        for stored, run in self._runs[name]:
            with stored.path.open("rb") as file:
                file.seek(stored.start + run.start * piece.element_size())
                done = 0
                while done < run.size:
                    size = min(run.size - done, len(piece) - held)
                    fill(piece[held : held + size], file, stored.path)
                    done, held = done + size, held + size
                    if held == len(piece):
                        yield piece
                        left -= held
                        piece, held = self._empty(name, left), 0

    def _empty(self, name: str, left: int) -> torch.Tensor:
        return torch.empty(min(CHUNK, left), dtype=self.kind(name))


def _check(parts: list[tuple[Stored, Run]], shape: list[int], name: str) -> None:
    """Raises ConfigError if they do not make up a tensor of this shape, of one type of numbers."""
    first = parts[0][0]
    whole = len(parts) == 1 and parts[0][1].size == math.prod(first.shape)
    if (whole and first.shape != shape) or sum(run.size for _, run in parts) != math.prod(shape):
        raise ConfigError(
            f"{first.path}: {name} has the shape {first.shape}, not {shape}",
            "its config.json is of another model than its weights: copy the checkpoint anew",
        )
    for stored, _ in parts:
        if stored.kind not in FLOATS or stored.kind != first.kind:
            raise ConfigError(
                f"{stored.path}: {name} is stored as {stored.kind}",
                "take weights that are not quantised: float32, bfloat16 or float16, of one kind",
            )
