"""The question what a fine-tuning did to a model's weights, of any two checkpoints."""

from typing import Literal

from engine.contract.questions.values import Named, Question, Value


class Moved(Value):
    """How many weights changed, and by how much; a unit (ulp) is that of the coarser dtype."""

    weights: int
    changed: int
    """Weights whose value differs at all."""
    beyond: tuple[int, int, int]
    """Of them, those that moved by more than 1, 2 and 4 units in the pretrained weight's last
    place."""
    hidden: int
    """Of them, those whose values before and after are the same number once cast to bfloat16."""
    norm: float
    """Of the difference, Frobenius."""
    unseen: float
    """Frobenius norm of what the unchanged weights can have moved at most, half a unit each,
    before they were rounded to what they are stored as."""


class TensorUpdate(Moved):
    """What became of one tensor."""

    name: str
    shape: tuple[int, ...]
    dtypes: tuple[str, str]
    """What it is stored as, before and after."""
    spectral: float | None = None
    """Largest singular value of the difference; None: the tensor is no matrix."""
    rank: int | None = None
    """Singular values above the largest x the longer side x the epsilon of float32."""
    method: Literal["exact", "randomized", ""] = ""
    """Randomized: a spectral norm from below, and no rank above that of the sketch."""
    at_least: bool = False
    """The rank may be higher: the sketch has no more."""


class SizeUpdate(Value):
    """What became of the weights of a size."""

    least: float
    """A power of two: they are, in absolute value, from it to its double. The lowest holds all
    that is smaller too."""
    weights: int
    changed: int


class UpdateProfile(Named):
    """What a fine-tuning did to a model's weights."""

    name: Literal["skill.profile"] = "skill.profile"
    total: Moved
    tensors: tuple[TensorUpdate, ...]
    """In the model's order, a tied one once."""
    sizes: tuple[SizeUpdate, ...]
    """Rising; of all tensors, none without weights."""
    exact_in_bfloat16: bool
    """Every value, before and after, is a number of bfloat16, whatever it is stored as."""


class ProfileUpdate(Question[UpdateProfile]):
    """What a fine-tuning did to a model's weights; neither model is loaded."""

    name: Literal["skill.profile"] = "skill.profile"
    pretrained: str
    """Checkpoint folder, or a model's name."""
    finetuned: str
