"""Weights in the files of a checkpoint folder, read in small pieces and never mapped.

Owns where a tensor lies in a file. Refuses quantised weights, and files that are torn.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import safetensors
import torch

from engine.errors import ConfigError
from engine.graft.apply import match
from engine.graft.checkpoint import INDEX, WEIGHTS, Checkpoint
from engine.graft.delta import chunks
from engine.graft.info import SkillError

FLOATS = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
"""What weights may be stored as, by safetensors' names: float32 holds each of them exactly."""
Shapes = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a tensor lies in a safetensors file."""

    path: Path
    start: int  # of its first byte
    kind: str  # one of FLOATS, or another type of the format
    shape: list[int]


class Weights:
    """The tensors of a checkpoint folder, by a model's names for them."""

    def __init__(self, folder: Path, shapes: Shapes) -> None:
        """Raises ConfigError if one is not the model's, SkillError if they cannot be read."""
        single = folder / WEIGHTS
        # Checkpoint maps a single file writable: no file beyond the memory can be mapped so.
        whole = dict.fromkeys(_stored(single), WEIGHTS) if single.is_file() else {}
        files = whole or Checkpoint(folder).files
        try:
            keys = match(shapes, files, str(folder))
        except SkillError as error:
            raise ConfigError(
                error.message, "load the model with transformers and save it with save_pretrained"
            ) from None
        there = {name: _stored(folder / name) for name in {files[key] for key in keys.values()}}
        self._stored = {
            name: _sound(there[files[key]].get(key), shapes[name], name, folder / files[key])
            for name, key in keys.items()
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
                if file.readinto(piece.view(torch.uint8).numpy().data) < piece.nbytes:
                    raise _unreadable(stored.path, "it was cut short while it was read")
                yield piece


def _stored(path: Path) -> dict[str, Stored]:
    """The tensors of a safetensors file. Raises SkillError."""
    try:
        # Checks the header against the file's length; for numpy it is mapped for reading only.
        with safetensors.safe_open(path, "np"):
            pass
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(size))
    except (OSError, safetensors.SafetensorError) as error:
        raise _unreadable(path, str(error)) from None
    header.pop("__metadata__", None)
    return {
        key: Stored(path, 8 + size + one["data_offsets"][0], one["dtype"], one["shape"])
        for key, one in header.items()
    }


def _sound(found: Stored | None, shape: list[int], name: str, path: Path) -> Stored:
    """`found`, if it is a tensor of this shape. Raises SkillError or ConfigError."""
    if found is None:
        raise _unreadable(path, f"it has no {name}, which {INDEX} says it has")
    if found.shape != shape:
        raise ConfigError(
            f"{path}: {name} has the shape {found.shape}, not {shape}",
            "its config.json is of another model than its weights: copy the checkpoint anew",
        )
    if found.kind not in FLOATS:
        raise ConfigError(
            f"{path}: {name} is stored as {found.kind}",
            "take weights that are not quantised: float32, bfloat16 or float16",
        )
    return found


def _unreadable(path: Path, why: str) -> SkillError:
    return SkillError(f"{path} cannot be read: {why}", "copy the checkpoint anew")
