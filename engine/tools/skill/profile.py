"""What a fine-tuning did to the weights of two checkpoints of any size: neither is loaded.

A piece of a tensor is read at a time; of a matrix its difference is held too, in float32, and no
other tensor's: 4 bytes a weight of the largest matrix, and 64 floats a row and column of it.
"""

import math

import torch

from engine.analysis.movement import Movement
from engine.analysis.spectrum import spectrum
from engine.contract.questions.messages import Hear, Progress
from engine.contract.questions.profile import ProfileUpdate, TensorUpdate, UpdateProfile
from engine.errors import ConfigError
from engine.graft.stored import Weights
from engine.graft.stream import same_model
from engine.tools.skill.folder import folder_of


def answer(question: ProfileUpdate, hear: Hear) -> UpdateProfile:
    """Raises SkillError, ConfigError or OSError."""
    base, tuned = folder_of(question.pretrained), folder_of(question.finetuned)
    _, shapes = same_model(base, tuned)
    before, after = Weights(base, shapes), Weights(tuned, shapes)
    whole, tensors = Movement(), []
    done, total = 0, sum(map(math.prod, shapes.values()))
    for name, shape in shapes.items():
        movement, change = _compared(name, shape, before, after)
        whole.join(movement)
        tensors.append(_update(name, shape, movement, change, (before, after)))
        done += math.prod(shape)
        hear(Progress(done=done, total=total, what="weights compared"))
    return UpdateProfile(
        total=whole.moved(),
        tensors=tuple(tensors),
        sizes=tuple(whole.sizes()),
        exact_in_bfloat16=whole.exact,
    )


def _compared(
    name: str, shape: list[int], before: Weights, after: Weights
) -> tuple[Movement, torch.Tensor]:
    """What moved in a tensor, and the difference of a matrix, (m, n); (0,) of what is none."""
    movement, start = Movement(), 0
    change = torch.empty(math.prod(shape) if len(shape) == 2 else 0)
    for old, new in zip(before.pieces(name), after.pieces(name), strict=True):
        difference = new.float() - old.float()
        if not difference.isfinite().all():
            raise ConfigError(
                f"{name} holds numbers that are not finite, or moved beyond float32",
                "the fine-tuning diverged: tune with a lower learning rate",
            )
        movement.add(old, new)
        if len(change):
            change[start : start + len(old)] = difference
        start += len(old)
    return movement, change.view(shape) if len(shape) == 2 else change


def _update(
    name: str,
    shape: list[int],
    movement: Movement,
    change: torch.Tensor,
    weights: tuple[Weights, Weights],
) -> TensorUpdate:
    first, second = (str(each.kind(name)).removeprefix("torch.") for each in weights)
    update = TensorUpdate(
        name=name, shape=tuple(shape), dtypes=(first, second), **movement.moved().model_dump()
    )
    if change.dim() != 2 or not change.numel():
        return update
    about = spectrum(change)
    return update.model_copy(
        update={
            "spectral": about.spectral,
            "rank": about.rank,
            "method": about.method,
            "at_least": about.at_least,
        }
    )
