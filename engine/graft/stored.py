"""Weights in the files of a checkpoint folder, read in small pieces and never mapped.

Owns what may be read so. Refuses quantised weights, and files that are torn.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import torch

from engine.errors import ConfigError
from engine.graft.apply import match
from engine.graft.checkpoint import KINDS, Checkpoint, Stored, fill
from engine.graft.delta import chunks
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
            keys = match(shapes, checkpoint.files, str(folder))
        except SkillError as error:
            raise ConfigError(
                error.message, "load the model with transformers and save it with save_pretrained"
            ) from None
        self._stored = {
            name: _sound(checkpoint.place(key), shapes[name], name) for name, key in keys.items()
        }

    def kind(self, name: str) -> torch.dtype:
        """What a tensor's numbers are stored as."""
        return FLOATS[self._stored[name].kind]

    def pieces(self, name: str) -> Iterator[torch.Tensor]:
        """A tensor as (n,) pieces of up to CHUNK, at the file's precision."""
        stored = self._stored[name]
        with stored.path.open("rb") as file:
            file.seek(stored.start)
            for place in chunks(math.prod(stored.shape)):
                piece = torch.empty(place.stop - place.start, dtype=FLOATS[stored.kind])
                fill(piece, file, stored.path)
                yield piece


def _sound(found: Stored, shape: list[int], name: str) -> Stored:
    """`found`, if it is a tensor of this shape. Raises ConfigError."""
    if found.shape != shape:
        raise ConfigError(
            f"{found.path}: {name} has the shape {found.shape}, not {shape}",
            "its config.json is of another model than its weights: copy the checkpoint anew",
        )
    if found.kind not in FLOATS:
        raise ConfigError(
            f"{found.path}: {name} is stored as {found.kind}",
            "take weights that are not quantised: float32, bfloat16 or float16",
        )
    return found
