"""Where a run stands, as a value in files of its own, so that another attempt can go on from it.

    state/7.safetensors     the tensors: weights, optimizer, S, states of random generators
    state/7.json            all else, the other's length and checksum, and its own

Owns both forms, when to write them, and that the last two are kept: the one with a .json beside it
counts, and that is put in place last. Refuses what is damaged and what another config wrote.
"""

import json
import os
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from engine.contract.layout import write_whole
from engine.training.generators import generators

Tree = dict[str, Any]
"""Texts, numbers, None and tensors, in lists and dicts by texts."""

FORMAT = 2
KEPT = 2
SHARE = 0.02
"""Of a run's time that saving may take, at most: after a slow save the next one comes later."""
_TENSOR = "$tensor"
"""In the .json, {this: "3"} stands for the tensor of that name in the other file."""
_OWN = "own_crc32"
_ENDS = (".json", ".safetensors")
_BLOCK = 1 << 24
_TYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """What was saved."""

    step: int
    """Of all that the run's longest phase does."""
    values: Tree


class Refused(Exception):
    """A state that is damaged, or of another run."""


class States:
    """The saved states of one run."""

    def __init__(
        self,
        folder: Path,
        config_hash: str,
        every_s: float,
        tell: Callable[[str], object] = lambda trouble: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`every_s`: seconds between two of them, 0: none is ever written. `tell` hears what could
        not be read or written."""
        self._folder, self._config_hash, self._tell = folder, config_hash, tell
        self._every_s, self._clock = every_s, clock
        self._next = clock() + every_s

    def latest(self) -> State | None:
        """The newest one that can be gone on from."""
        numbers = self._numbers()
        for number in reversed(numbers):
            try:
                return _read(self._folder, number, self._config_hash)
            except Refused as refused:
                self._tell(f"state/{number}.json is not used: {refused}")
        if numbers:
            self._tell("there is no state that can be gone on from: the run begins anew")
        return None

    @property
    def due(self) -> bool:
        """Whether the last one is old enough."""
        return self._every_s > 0 and self._clock() >= self._next

    def save(self, step: int, values: Mapping[str, Any]) -> None:
        """Write `values`, with the states of all random generators beside them.

        A state that cannot be written ends no run: that is told.
        """
        if not self._every_s:
            return
        began = self._clock()
        try:
            self._folder.mkdir(exist_ok=True)
            number = max(self._numbers(), default=0) + 1
            about = {"config_hash": self._config_hash, "step": step}
            _write(self._folder, number, {**values, "generators": generators()}, about)
            self._clear_but(number)
        except OSError as error:
            self._clear_but(max(self._numbers(), default=0))
            self._tell(f"where the run stands could not be saved: {error.strerror or error}")
        ended = self._clock()
        self._next = ended + max(self._every_s, (ended - began) / SHARE)

    def _numbers(self) -> list[int]:
        names = os.listdir(self._folder) if self._folder.is_dir() else []
        stems = [name.removesuffix(".json") for name in names if name.endswith(".json")]
        return sorted(int(stem) for stem in stems if stem.isdecimal())

    def _clear_but(self, newest: int) -> None:
        """Only the last ones stay, and nothing half-written."""
        stay = {f"{n}{end}" for n in range(newest + 1 - KEPT, newest + 1) for end in _ENDS}
        for name in os.listdir(self._folder) if self._folder.is_dir() else []:
            if name not in stay:
                (self._folder / name).unlink(missing_ok=True)


def _write(folder: Path, number: int, values: Tree, about: Mapping[str, Any]) -> None:
    """Raises OSError."""
    tensors: dict[str, torch.Tensor] = {}
    plain = _without_tensors(values, tensors)
    weights = folder / f"{number}.safetensors"
    temporary = folder / f".{weights.name}.{os.getpid()}"
    checksum = _stream(temporary, tensors)
    temporary.replace(weights)
    length = weights.stat().st_size
    head = {"v": FORMAT, "saved_at": time.time(), **about, "bytes": length, "crc32": checksum}
    body = {**head, "values": plain}
    write_whole(folder / f"{number}.json", json.dumps({**body, _OWN: _own_checksum(body)}))


def _own_checksum(body: Tree) -> int:
    """Of what a .json says, as it is written: numbers come back from it to the bit."""
    return zlib.crc32(json.dumps(body).encode())


def _without_tensors(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """`value` with names for its tensors, which go to `tensors`."""
    if isinstance(value, torch.Tensor):
        name = str(len(tensors))
        tensors[name] = value
        return {_TENSOR: name}
    if isinstance(value, Mapping):
        return {str(key): _without_tensors(each, tensors) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_tensors(each, tensors) for each in value]
    return value


def _with_tensors(value: Any, tensors: Mapping[str, torch.Tensor]) -> Any:
    if isinstance(value, dict) and value.keys() == {_TENSOR}:
        return tensors[value[_TENSOR]]
    if isinstance(value, dict):
        return {key: _with_tensors(each, tensors) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_tensors(each, tensors) for each in value]
    return value


def _stream(path: Path, tensors: Mapping[str, torch.Tensor]) -> int:
    """Write a safetensors file tensor by tensor; its checksum.

    The library's own writer copies all of them first: as much memory again as there is to save.
    """
    header: Tree = {}
    end = 0
    # The widest first, so that each begins at a multiple of its own width.
    order = sorted(tensors.items(), key=lambda item: -item[1].element_size())
    for name, tensor in order:
        start, end = end, end + tensor.numel() * tensor.element_size()
        kind = _TYPES[tensor.dtype]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    checksum = 0
    with path.open("wb") as file:
        for piece in (len(text).to_bytes(8, "little"), text):
            file.write(piece)
            checksum = zlib.crc32(piece, checksum)
        for _, tensor in order:
            flat = tensor.detach().cpu().contiguous().flatten().view(torch.uint8)
            raw = memoryview(flat.numpy())  # type: ignore[arg-type]
            file.write(raw)
            checksum = zlib.crc32(raw, checksum)
    return checksum


def _read(folder: Path, number: int, config_hash: str) -> State:
    """Raises Refused."""
    weights = folder / f"{number}.safetensors"
    try:
        raw = json.loads((folder / f"{number}.json").read_bytes())
        if (raw["v"], raw["config_hash"]) != (FORMAT, config_hash):
            raise Refused("it was written by another config, or another version of graftui")
        if raw.pop(_OWN) != _own_checksum(raw):
            raise Refused("it is damaged, or was edited")
        if (weights.stat().st_size, _checksum(weights)) != (raw["bytes"], raw["crc32"]):
            raise Refused(f"{weights.name} is damaged")
        values = _with_tensors(raw["values"], load_file(weights))
        return State(int(raw["step"]), values)
    except FileNotFoundError as error:
        raise Refused(f"{weights.name} is not there") from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused(f"it is damaged ({error})") from error


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            checksum = zlib.crc32(block, checksum)
    return checksum
