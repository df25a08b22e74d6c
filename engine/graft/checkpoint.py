"""The tensors of a checkpoint folder in safetensors: read one at a time, changed entry by entry.

Owns where a tensor's bytes lie. No model is built, and bytes that are not to change are copied as
they are. Refuses pickles: only safetensors has a place for each entry.
"""

import json
import math
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import torch

from engine.graft.info import SkillError, bits

WEIGHTS = "model.safetensors"
INDEX = f"{WEIGHTS}.index.json"


@dataclass(frozen=True, slots=True)
class Change:
    """New entries of one tensor."""

    index: torch.Tensor  # (n,) int64
    values: torch.Tensor  # (n,) at the precision of the tensor


class Checkpoint:
    """A folder that save_pretrained wrote, in one file or in shards."""

    def __init__(self, folder: Path) -> None:
        """Raises SkillError if the folder has no weights in safetensors, or they are damaged."""
        self.folder = folder
        self.files: dict[str, str]
        """Tensor -> file name."""
        if (folder / WEIGHTS).is_file():
            with _opened(folder / WEIGHTS) as file:
                self.files = dict.fromkeys(file.keys(), WEIGHTS)
        elif (folder / INDEX).is_file():
            self.files = _shards(folder / INDEX)
        else:
            raise SkillError(
                f"{folder} has no {WEIGHTS} and no {INDEX}",
                "load the model with transformers and save it with save_pretrained",
            )

    def tensor(self, key: str) -> torch.Tensor:
        """A copy of one tensor. Raises SkillError if its file is damaged or lacks it."""
        path = self.folder / self.files[key]
        with _opened(path) as file:
            if key not in file.keys():  # noqa: SIM118  no mapping
                raise SkillError(f"{path} has no tensor {key}, which {INDEX} says it has")
            return file.get_tensor(key)  # type: ignore[no-any-return]

    def copies(self, key: str) -> list[str]:
        """Other names that the same weights are stored under: output weights tied to embeddings.

        These lie outside the layers, which are numbered, and hold the same bytes. A tensor of one
        number throughout, such as a fresh norm, is nobody's copy.
        """
        if _numbered(key) or not _ties(self.folder):
            return []
        mine = self.tensor(key)
        if bool((mine == mine.flatten()[0]).all()):
            return []
        others = [other for other in self.files if other != key and not _numbered(other)]
        return [other for other in others if _same(self.tensor(other), mine)]

    def change(self, changes: dict[str, Change]) -> None:
        """Put new entries into the folder's files: all written beside, then renamed one by one."""
        names = sorted({self.files[key] for key in changes})
        made = {name: self.folder / f".{name}.{os.getpid()}" for name in names}
        try:
            for name, beside in made.items():
                shutil.copy(self.folder / name, beside)
                put(beside, {k: c for k, c in changes.items() if self.files[k] == name})
            for name, beside in made.items():
                beside.replace(self.folder / name)
        finally:
            for beside in made.values():
                beside.unlink(missing_ok=True)


def put(path: Path, changes: dict[str, Change]) -> None:
    """Overwrite entries of tensors in a safetensors file, where they lie."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    for key, change in changes.items():
        new = bits(change.values).numpy()
        start = 8 + size + header[key]["data_offsets"][0]
        shape = (math.prod(header[key]["shape"]),)
        stored = np.memmap(path, new.dtype, "r+", offset=start, shape=shape)
        stored[change.index.numpy()] = new
        stored.flush()


def _opened(path: Path) -> Any:
    """The file, its header checked against its length. Raises SkillError."""
    try:
        return safetensors.safe_open(path, "pt")
    except (OSError, safetensors.SafetensorError) as error:
        raise SkillError(f"{path} cannot be read: {error}", "copy the checkpoint anew") from None


def _shards(index: Path) -> dict[str, str]:
    try:
        found = json.loads(index.read_text())["weight_map"]
        if all(Path(name).name == name for name in found.values()):
            return dict(found)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise SkillError(f"{index} does not say which file holds which tensor")


def _ties(folder: Path) -> bool:
    """Whether the model's config lets output weights be tied to the embeddings."""
    try:
        return bool(json.loads((folder / "config.json").read_text())["tie_word_embeddings"])
    except (OSError, ValueError, KeyError):
        return True


def _numbered(key: str) -> bool:
    return any(part.isdigit() for part in key.split("."))


def _same(one: torch.Tensor, two: torch.Tensor) -> bool:
    alike = one.dtype == two.dtype and one.shape == two.shape
    return alike and torch.equal(bits(one), bits(two))
