"""The tensors of a checkpoint folder in safetensors: read one at a time, changed entry by entry.

Owns where a tensor's bytes lie. No model is built, no file is mapped to be read, and bytes that
are not to change are copied as they are. Refuses pickles: only safetensors has a place for each
entry.
"""

import json
import math
import os
import shutil
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import numpy as np
import safetensors
import torch

from engine.graft.info import SkillError, bits

WEIGHTS = "model.safetensors"
INDEX = f"{WEIGHTS}.index.json"


KINDS = {
    "F64": torch.float64, "F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip
"""safetensors' names of types. Those of quantised weights are not among them."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a tensor lies in a safetensors file."""

    path: Path
    start: int  # of its first byte
    kind: str  # one of KINDS, or another type of the format
    shape: list[int]


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
            self.files = dict.fromkeys(stored(folder / WEIGHTS), WEIGHTS)
        elif (folder / INDEX).is_file():
            self.files = _shards(folder / INDEX)
        else:
            raise SkillError(
                f"{folder} has no {WEIGHTS} and no {INDEX}",
                "load the model with transformers and save it with save_pretrained",
            )
        self._headers: dict[Path, dict[str, Stored]] = {}

    @property
    def source(self) -> Path:
        """The file that says which tensors there are."""
        return self.folder / (WEIGHTS if set(self.files.values()) == {WEIGHTS} else INDEX)

    def place(self, key: str) -> Stored:
        """Where a tensor lies. Raises SkillError if its file is damaged or lacks it."""
        path = self.folder / self.files[key]
        if path not in self._headers:
            self._headers[path] = stored(path)
        if key not in self._headers[path]:
            raise unreadable(path, f"it has no {key}, which {INDEX} says it has")
        return self._headers[path][key]

    def tensor(self, key: str) -> torch.Tensor:
        """A copy of one tensor. Raises SkillError as `place` does, or if it is quantised."""
        stored_at = self.place(key)
        if stored_at.kind not in KINDS:
            raise SkillError(
                f"{stored_at.path}: {key} is stored as {stored_at.kind}",
                "take weights that are not quantised",
            )
        tensor = torch.empty(stored_at.shape, dtype=KINDS[stored_at.kind])
        with stored_at.path.open("rb") as file:
            file.seek(stored_at.start)
            fill(tensor.flatten(), file, stored_at.path)
        return tensor

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
        stored_at = self.place(key)
        others = [
            other for other in self.files
            if other != key and not _numbered(other) and _alike(self.place(other), stored_at)
        ]  # fmt: skip
        return [other for other in others if torch.equal(bits(self.tensor(other)), bits(mine))]

    def change(self, changes: dict[str, list[Change]]) -> None:
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


def put(path: Path, changes: dict[str, list[Change]]) -> None:
    """Overwrite entries of tensors in a safetensors file, where they lie."""
    places = stored(path)
    for key, several in changes.items():
        stored_at = places[key]
        kind, shape = bits(several[0].values).numpy().dtype, (math.prod(stored_at.shape),)
        mapped = np.memmap(path, kind, "r+", offset=stored_at.start, shape=shape)
        for change in several:
            mapped[change.index.numpy()] = bits(change.values).numpy()
        mapped.flush()


def stored(path: Path) -> dict[str, Stored]:
    """The tensors of a safetensors file. Raises SkillError."""
    try:
        # Checks the header against the file's length; for numpy it is mapped for reading only, so
        # that a file may be larger than the memory.
        with safetensors.safe_open(path, "np"):
            pass
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(size))
    except (OSError, safetensors.SafetensorError) as error:
        raise unreadable(path, str(error)) from None
    header.pop("__metadata__", None)
    return {
        key: Stored(path, 8 + size + entry["data_offsets"][0], entry["dtype"], entry["shape"])
        for key, entry in header.items()
    }


def fill(flat: torch.Tensor, file: BufferedReader, path: Path) -> None:
    """Read the next bytes of a file into a (n,) tensor's own memory. Raises SkillError."""
    if file.readinto(flat.view(torch.uint8).numpy().data) < flat.nbytes:
        raise unreadable(path, "it was cut short while it was read")


def unreadable(path: Path, why: str) -> SkillError:
    """That a file of weights is damaged."""
    return SkillError(f"{path} cannot be read: {why}", "copy the checkpoint anew")


def _shards(index: Path) -> dict[str, str]:
    try:
        weight_map = json.loads(index.read_text())["weight_map"]
        if all(Path(name).name == name for name in weight_map.values()):
            return dict(weight_map)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise SkillError(f"{index} does not say which file holds which tensor")


def _ties(folder: Path) -> bool:
    """Whether the model's config lets output weights be tied to the embeddings."""
    try:
        return bool(json.loads((folder / "config.json").read_text())["tie_word_embeddings"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return True


def _numbered(key: str) -> bool:
    return any(part.isdigit() for part in key.split("."))


def _alike(first: Stored, second: Stored) -> bool:
    return first.kind == second.kind and first.shape == second.shape
