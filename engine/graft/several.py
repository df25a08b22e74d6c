"""Several skills in one model at a time.

Owns what it takes that they go together: each is cut from the model as it is, and no two hold one
weight. What becomes of weights that skills share is for those who combine them.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import combinations

import numpy as np
from torch import nn

from engine.graft.apply import installed, refuse_other
from engine.graft.info import SkillError
from engine.graft.skill import Skill


def check_together(skills: Sequence[Skill], model: nn.Module) -> None:
    """Raises SkillError if `model` is not the base of one of the skills, or two share a weight."""
    for skill in skills:
        refuse_other(skill, model)
    refuse_shared(skills)


@contextmanager
def all_installed(skills: Sequence[Skill], model: nn.Module) -> Iterator[None]:
    """`model`, which was checked, with all `skills` in it for the time of the block; then as it
    was."""
    with ExitStack() as stack:
        for skill in skills:
            stack.enter_context(installed(skill, model, verified=True))
        yield


def refuse_shared(skills: Sequence[Skill]) -> None:
    """Raises SkillError if two skills hold one weight, with how many they share."""
    for (i, first), (j, second) in combinations(enumerate(skills, 1), 2):
        if count := shared(first, second):
            raise SkillError(
                f"skills {i} and {j} ({first.info.task} and {second.info.task}) share {count:,} "
                "weights, so that not both can be in the model",
                "combine them first, with a run of kind combine or `graftui skill union`, and "
                "evaluate what comes of it",
            )


def shared(first: Skill, second: Skill) -> int:
    """How many weights two skills both hold."""
    return sum(
        len(np.intersect1d(index.numpy(), second.indices[name].numpy(), assume_unique=True))
        for name, index in first.indices.items()
        if name in second.indices
    )
