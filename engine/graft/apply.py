"""Putting a skill into a live model and taking it out again, bit for bit.

Refuses a model other than the one the skill was made from.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from engine.graft.skill import Skill, SkillError, digest


@contextmanager
def installed(skill: Skill, model: nn.Module) -> Iterator[None]:
    """`model` with the skill in it, for the time of the block; then as it was.

    Raises SkillError, before anything is changed, if the model is not the skill's base.
    """
    parameters = dict(model.named_parameters())
    verify(skill, parameters)
    before: dict[str, torch.Tensor] = {}
    with torch.no_grad():
        for name, index in skill.indices.items():
            flat = parameters[name].data.view(-1)
            where = index.to(flat.device)
            before[name] = flat[where]
            flat[where] = skill.values[name].to(flat)
    try:
        yield
    finally:
        with torch.no_grad():
            for name, old in before.items():
                flat = parameters[name].data.view(-1)
                flat[skill.indices[name].to(flat.device)] = old


def verify(skill: Skill, parameters: dict[str, nn.Parameter]) -> None:
    """Raises SkillError that names the tensors which differ from the skill's base."""
    missing = [name for name in skill.info.digests if name not in parameters]
    if missing:
        raise SkillError(f"the model has no weights {missing[0]}", _same_base(skill))
    other = [n for n, before in skill.info.digests.items() if digest(parameters[n]) != before]
    if other:
        raise SkillError(
            f"{len(other)} of {len(skill.info.digests)} tensors are not those that the skill was "
            f"made from: {', '.join(other[:3])}{' ...' if len(other) > 3 else ''}",
            _same_base(skill),
        )


def _same_base(skill: Skill) -> str:
    return f"install it into {skill.info.base}, without other changes"
