"""What a skill file says of itself: the JSON object in its metadata."""

from dataclasses import dataclass, field

FORMAT = 2
"""Of the skill files that are written."""


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
