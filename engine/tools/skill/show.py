"""What a skill file says of itself, and the entries and size of each touched tensor."""

import math

from engine.contract.questions.messages import Hear
from engine.contract.questions.skills import ShowSkill, SkillShown, TouchedTensor
from engine.graft.skill import load


def answer(question: ShowSkill, hear: Hear) -> SkillShown:
    """Raises SkillError. Who only looks is shown values that are no numbers too."""
    skill = load(question.skill, allow_nan=True)
    tensors = (
        TouchedTensor(name=name, entries=len(index), weights=math.prod(skill.info.shapes[name]))
        for name, index in skill.indices.items()
    )
    return SkillShown(
        info=skill.info,
        head={name: tuple(value.shape) for name, value in skill.head.items()},
        tensors=tuple(tensors),
        not_finite=sum(skill.not_finite.values()),
    )
