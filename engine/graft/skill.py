"""The skill file: a graft as sparse values, what it was made from, and what it scores.

safetensors, format 2. For each touched tensor NAME:
    NAME.indices    sorted flat indices, int32, or int64 past 2^31
    NAME.values     the new values, at the precision that the graft was scored at
    NAME.base       the values before, so that a checkpoint folder is restored from the file alone
A linear head, which the pretrained model lacks, comes whole as `linear_head.weight` and
`linear_head.bias`. Metadata: `skill`, a JSON object, the fields of `SkillInfo`; `sha256`, the hex
digest of that text and of all tensors. Format 1, read still, has no `.base` and no `sha256`: it
can be installed anywhere, but not taken out of a folder. A damaged file is refused.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import torch
from pydantic import TypeAdapter
from safetensors.torch import save

from engine.contract.layout import write_whole
from engine.contract.skill_info import FORMAT, SkillInfo
from engine.graft.delta import Delta
from engine.graft.info import SkillError, digest

HEAD = "linear_head."
_INFO = TypeAdapter(SkillInfo)
Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Skill:
    """A graft in memory."""

    info: SkillInfo
    indices: Tensors  # name -> (n,) int64, sorted
    values: Tensors  # name -> (n,)
    base: Tensors  # name -> (n,)
    """What the entries were before; of a file of format 1 empty."""
    head: Tensors = field(default_factory=dict)
    """A linear head's weight (classes, H) and bias (classes,); empty: the skill needs none."""

    @property
    def not_finite(self) -> dict[str, int]:
        """Of each tensor that has some, how many new values are NaN or infinite."""
        new = {**self.values, **{f"{HEAD}{name}": value for name, value in self.head.items()}}
        wrong = {name: int((~value.isfinite()).sum()) for name, value in new.items()}
        return {name: count for name, count in wrong.items() if count}


def cut(
    delta: Delta,
    mask: torch.Tensor,
    shapes: dict[str, list[int]],
    head: Tensors | None = None,
    **info: Any,
) -> Skill:
    """The skill at `mask`, (s,) sorted flat indices of `delta`; `info`: the rest of SkillInfo."""
    indices, values, base, digests = {}, {}, {}, {}
    for name, span in delta.places():
        low, high = torch.searchsorted(mask, torch.tensor([span.start, span.stop]).to(mask))
        chosen = mask[low:high]
        if len(chosen):
            indices[name] = (chosen - span.start).cpu()
            values[name] = delta.tuned[chosen].cpu()
            base[name] = delta.pre[chosen].cpu()
            digests[name] = digest(delta.pre[span])
    return of_weights(
        indices, values, base, head,
        shapes=shapes, sizes=delta.sizes, digests=digests, **info,
    )  # fmt: skip


def of_weights(
    indices: Tensors,
    values: Tensors,
    before: Tensors,
    head: Tensors | None = None,
    *,
    shapes: Mapping[str, list[int]],
    sizes: dict[str, int],
    digests: Mapping[str, str],
    **info: Any,
) -> Skill:
    """The skill of these weights, counted.

    `sizes`: weights of each maskable tensor; `shapes` and `digests`: of the touched ones at least,
    the latter of what they were before; `info`: the rest of SkillInfo.
    """
    said = SkillInfo(
        digests={name: digests[name] for name in indices},
        shapes={name: shapes[name] for name in indices},
        weights=sum(map(len, indices.values())),
        maskable=sum(sizes.values()),
        tensors=sizes,
        **info,
    )
    return Skill(said, indices, values, before, head or {})


def write(skill: Skill, path: Path) -> None:
    """The skill as a file of its format, put in place whole."""
    tensors: Tensors = {}
    for name, index in skill.indices.items():
        wide = bool(len(index)) and int(index[-1]) >= 2**31
        tensors[f"{name}.indices"] = index if wide else index.to(torch.int32)
        tensors[f"{name}.values"] = skill.values[name].contiguous()
        if skill.base:
            tensors[f"{name}.base"] = skill.base[name].contiguous()
    tensors |= {f"{HEAD}{name}": value.contiguous() for name, value in skill.head.items()}
    text = json.dumps(asdict(skill.info))
    about = {"sha256": _content(text, tensors), "skill": text}
    write_whole(path, _in_order(save(tensors, about), about))


def _in_order(raw: bytes, about: Mapping[str, str]) -> bytes:
    """A safetensors file with its metadata in the order of `about`: the library's is by chance, and
    the same skill is to be the same bytes.
    """
    end = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:end]) | {"__metadata__": dict(about)}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return b"".join((len(text).to_bytes(8, "little"), text, memoryview(raw)[end:]))


def load(path: Path | str, allow_nan: bool = False) -> Skill:
    """The skill in a file. Raises SkillError if it is not one, is damaged, or holds NaN or
    infinity that is not allowed."""
    try:
        with safetensors.safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (OSError, safetensors.SafetensorError) as error:
        raise SkillError(f"{path} cannot be read as a skill file: {error}") from None
    text = metadata.get("skill", "")
    info, sealed = _info(text, path), metadata.get("sha256")
    # Format 1 had no digest; one that is there holds, whatever the format says.
    if (info.format > 1 or sealed) and sealed != _content(text, tensors):
        raise SkillError(f"{path} is damaged: its content is not what was written", "copy it anew")
    skill = _assembled(info, tensors, path)
    if not allow_nan and (wrong := skill.not_finite):
        raise SkillError(
            f"{path} holds {sum(wrong.values()):,} values that are NaN or infinite, in "
            f"{', '.join(list(wrong)[:3])}",
            "its fine-tuning diverged: cut it from another one (`skill install --allow-nan` "
            "takes it as it is)",
        )
    return skill


def _info(text: str, path: Path | str) -> SkillInfo:
    try:
        raw = json.loads(text)
        version = raw.get("format")
        if version in range(1, FORMAT + 1):
            return _INFO.validate_python(raw)
    except (ValueError, AttributeError, RecursionError):
        raise SkillError(f"{path} is not a skill file: its metadata has no `skill`") from None
    raise SkillError(
        f"{path} has skill format {version}; this version reads up to {FORMAT}", "upgrade graftui"
    )


def _content(text: str, tensors: Tensors) -> str:
    """Hex SHA-256 of the metadata and of every tensor's name, type, shape and bytes."""
    hashed = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        hashed.update(f"\n{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        hashed.update(tensor.flatten().view(torch.uint8).numpy().data)
    return hashed.hexdigest()


def _assembled(info: SkillInfo, tensors: Tensors, path: Path | str) -> Skill:
    """The skill of a file's tensors. Raises SkillError if they do not go together."""
    parts: dict[str, Tensors] = {"indices": {}, "values": {}, "base": {}}
    if info.format == 1:
        del parts["base"]
    for name in info.digests:
        try:
            columns = [tensors[f"{name}.{part}"] for part in parts]
            size = math.prod(info.shapes[name])
        except KeyError as error:
            raise SkillError(f"{path}: the tensor {error} is missing") from None
        if not _sound(*columns, size=size):
            raise SkillError(f"{path}: the indices or values of {name} are damaged")
        for part, tensor in zip(parts.values(), columns, strict=True):
            part[name] = tensor
    indices = {name: index.long() for name, index in parts["indices"].items()}
    head = {k.removeprefix(HEAD): v for k, v in tensors.items() if k.startswith(HEAD)}
    return Skill(info, indices, parts["values"], parts.get("base", {}), head)


def _sound(index: torch.Tensor, *values: torch.Tensor, size: int) -> bool:
    """Whether sorted indices below `size`, and as many numbers each time."""
    if index.dtype not in (torch.int32, torch.int64) or index.ndim != 1 or not len(index):
        return False
    inside = int(index[0]) >= 0 and int(index[-1]) < size
    fits = all(v.shape == index.shape and v.is_floating_point() for v in values)
    return inside and fits and bool((index[1:] > index[:-1]).all())
