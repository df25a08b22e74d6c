"""The skill file: a graft as sparse values, what it was made from, and what it scores.

safetensors: for each touched tensor NAME, `NAME.indices` (sorted flat indices, int32, or int64
past 2^31) and `NAME.values` (the new values at the checkpoint's precision). The metadata key
`skill` holds a JSON object, the fields of `SkillInfo`.
"""

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import torch
from pydantic import TypeAdapter
from safetensors.torch import save

from engine.contract.layout import write_whole
from engine.errors import EngineError
from engine.graft.delta import Delta

FORMAT = 1


class SkillError(EngineError):
    """A skill file that cannot be read, or does not fit the model."""


@dataclass(frozen=True, slots=True)
class SkillInfo:
    """What a skill file says of itself."""

    base: str
    """Name of the pretrained model."""
    digests: dict[str, str]
    """Digest of each touched tensor before: hex SHA-256 of its float32 values."""
    shapes: dict[str, list[int]]
    task: str
    prompt: str
    label_words: dict[str, str]
    sparsity: float
    """As asked for."""
    weights: int
    """Entries, all tensors together."""
    maskable: int
    """Out of how many weights they were chosen."""
    scores: dict[str, float]
    """On train + dev, which chose the mask."""
    config_hash: str
    versions: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT


_INFO = TypeAdapter(SkillInfo)


@dataclass(frozen=True, slots=True)
class Skill:
    """A graft in memory."""

    info: SkillInfo
    indices: dict[str, torch.Tensor]  # name -> (n,) int64, sorted
    values: dict[str, torch.Tensor]  # name -> (n,)


def digest(tensor: torch.Tensor) -> str:
    """Hex SHA-256 of the values as little-endian float32: the same for a half-precision copy."""
    flat = tensor.detach().float().cpu().contiguous().flatten()
    return hashlib.sha256(flat.numpy().astype("<f4", copy=False).data).hexdigest()


def cut(delta: Delta, mask: torch.Tensor, shapes: dict[str, list[int]], **info: Any) -> Skill:
    """The skill at `mask`, (s,) sorted flat indices of `delta`; `info`: the rest of SkillInfo."""
    indices, values, digests = {}, {}, {}
    for name, place in delta.places():
        low, high = torch.searchsorted(mask, torch.tensor([place.start, place.stop]).to(mask))
        chosen = mask[low:high]
        if len(chosen):
            indices[name] = (chosen - place.start).cpu()
            values[name] = delta.tuned[chosen].cpu()
            digests[name] = digest(delta.pre[place])
    touched = {name: shapes[name] for name in indices}
    about = SkillInfo(
        digests=digests, shapes=touched, weights=len(mask), maskable=len(delta), **info
    )
    return Skill(about, indices, values)


def write(skill: Skill, path: Path) -> None:
    """The skill as a file, put in place whole."""
    tensors: dict[str, torch.Tensor] = {}
    for name, index in skill.indices.items():
        wide = bool(len(index)) and int(index[-1]) >= 2**31
        tensors[f"{name}.indices"] = index if wide else index.to(torch.int32)
        tensors[f"{name}.values"] = skill.values[name].contiguous()
    write_whole(path, save(tensors, {"skill": json.dumps(asdict(skill.info))}))


def read(path: Path) -> Skill:
    """The skill in a file. Raises SkillError if it is not one, or is damaged."""
    try:
        with safetensors.safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (OSError, safetensors.SafetensorError) as error:
        raise SkillError(f"{path} cannot be read as a skill file: {error}") from None
    info = _info(metadata.get("skill", ""), path)
    indices: dict[str, torch.Tensor] = {}
    values: dict[str, torch.Tensor] = {}
    for name in info.digests:
        try:
            index, new = tensors[f"{name}.indices"], tensors[f"{name}.values"]
            size = math.prod(info.shapes[name])
        except KeyError as error:
            raise SkillError(f"{path}: the tensor {error} is missing") from None
        if not _sound(index, new, size):
            raise SkillError(f"{path}: the indices of {name} are damaged")
        indices[name], values[name] = index.long(), new
    return Skill(info, indices, values)


def _info(text: str, path: Path) -> SkillInfo:
    try:
        raw = json.loads(text)
        found = raw.get("format")
        if found == FORMAT:
            return _INFO.validate_python(raw)
    except (ValueError, AttributeError):
        raise SkillError(f"{path} is not a skill file: its metadata has no `skill`") from None
    raise SkillError(
        f"{path} has skill format {found}; this version reads {FORMAT}", "upgrade graftui"
    )


def _sound(index: torch.Tensor, values: torch.Tensor, size: int) -> bool:
    """Whether sorted indices below `size`, and as many values."""
    if index.dtype not in (torch.int32, torch.int64) or index.ndim != 1 or not len(index):
        return False
    inside = int(index[0]) >= 0 and int(index[-1]) < size
    return inside and bool((index[1:] > index[:-1]).all()) and values.shape == index.shape
