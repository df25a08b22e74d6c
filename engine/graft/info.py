"""How a tensor is known again, and what is said of a skill that cannot be read."""

import hashlib

import torch

from engine.errors import EngineError


class SkillError(EngineError):
    """A skill file that cannot be read, or does not fit the model."""


def digest(tensor: torch.Tensor) -> str:
    """Hex SHA-256 of the values as little-endian float32: the same for a half-precision copy."""
    flat = tensor.detach().float().cpu().contiguous().flatten()
    return hashlib.sha256(flat.numpy().astype("<f4", copy=False).data).hexdigest()


def bits(tensor: torch.Tensor) -> torch.Tensor:
    """The same memory as whole numbers: equal where every bit is, so -0.0 is not 0.0."""
    whole = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
    return tensor.contiguous().view(whole[tensor.element_size()])
