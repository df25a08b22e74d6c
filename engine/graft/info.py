"""What a skill says of itself, and how a tensor is known again."""

import hashlib
from dataclasses import dataclass, field

import torch

from engine.errors import EngineError

FORMAT = 2


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
    """Name, or how a set operation made it of several."""
    prompt: str
    label_words: dict[str, str]
    sparsity: float
    """As asked for; of a set operation as reached."""
    weights: int
    """Entries, all tensors together."""
    maskable: int
    """Out of how many weights they were chosen."""
    scores: dict[str, float]
    """On train + dev, which chose the mask; empty after a set operation."""
    config_hash: str
    versions: dict[str, str] = field(default_factory=dict)
    tensors: dict[str, int] = field(default_factory=dict)
    """Weights of each maskable tensor, touched or not; empty in files of older versions."""
    format: int = FORMAT


def digest(tensor: torch.Tensor) -> str:
    """Hex SHA-256 of the values as little-endian float32: the same for a half-precision copy."""
    flat = tensor.detach().float().cpu().contiguous().flatten()
    return hashlib.sha256(flat.numpy().astype("<f4", copy=False).data).hexdigest()


def bits(tensor: torch.Tensor) -> torch.Tensor:
    """The same memory as whole numbers: equal where every bit is, so -0.0 is not 0.0."""
    whole = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
    return tensor.contiguous().view(whole[tensor.element_size()])
