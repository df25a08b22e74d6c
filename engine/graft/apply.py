"""Putting a skill into a live model and taking it out again, bit for bit.

Owns what a model is to a skill: its base, one that holds it, or another. Refuses to install into
anything but the base.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import nn

from engine.graft.info import SkillError, bits, digest
from engine.graft.skill import Skill


class State(StrEnum):
    """What a model is to a skill."""

    base = "base"
    skill = "skill"
    """It holds the skill."""
    part = "part"
    """Some tensors hold it, the others are the base's: an install was killed half-way."""
    other = "other"


@dataclass(frozen=True, slots=True)
class Verified:
    """What a model's tensors are, of those that a skill touches."""

    names: tuple[str, ...]
    """All of them, as the skill calls them."""
    base: frozenset[str]
    """As they were before the skill."""
    skill: frozenset[str]
    """They hold it. A tensor is in both sets where the skill's values are the base's own."""

    @property
    def other(self) -> list[str]:
        """Those that differ from the base by more than the skill."""
        return [name for name in self.names if name not in self.base | self.skill]

    @property
    def state(self) -> State:
        if self.other:
            return State.other
        if len(self.base) == len(self.names):
            return State.base
        return State.skill if len(self.skill) == len(self.names) else State.part


@contextmanager
def installed(skill: Skill, model: nn.Module, verified: bool = False) -> Iterator[None]:
    """`model` with the skill in it, for the time of the block; then as it was.

    `verified`: the caller knows that it is the base, so its touched tensors are not hashed, which
    takes longer than all the rest. Raises SkillError, before anything is changed, if it is not.
    """
    flat = {n: p.data.view(-1) for n, p in parameters(skill, model).items()}
    if not verified:
        refuse_other(skill, model)
    where = {name: index.to(flat[name].device) for name, index in skill.indices.items()}
    before = {name: flat[name][index] for name, index in where.items()}
    try:
        for name, index in where.items():
            flat[name][index] = skill.values[name].to(flat[name])
        yield
    finally:
        for name, index in where.items():
            flat[name][index] = before[name]


def verify(skill: Skill, model: nn.Module) -> Verified:
    """What each touched tensor of a live model is. Raises SkillError if one is missing."""
    touched = parameters(skill, model)
    return compare(skill, lambda name: touched[name])


def parameters(skill: Skill, model: nn.Module) -> dict[str, nn.Parameter]:
    """The model's parameters that the skill touches, by its names. Raises SkillError."""
    there = dict(model.named_parameters())
    return {name: there[key] for name, key in match(skill.indices, there, "the model").items()}


def compare(skill: Skill, tensor: Callable[[str], torch.Tensor]) -> Verified:
    """What each touched tensor is; `tensor` gives it by the skill's name for it."""
    base, holds = set(), set()
    for name, index in skill.indices.items():
        now = tensor(name).detach()
        if list(now.shape) != skill.info.shapes[name]:
            continue
        flat, where = now.flatten(), index.to(now.device)
        has = torch.equal(bits(flat[where]), bits(skill.values[name].to(flat)))
        if digest(flat) == skill.info.digests[name]:
            base.add(name)
        elif has and skill.base:
            undone = flat.clone()
            undone[where] = skill.base[name].to(flat)
            has = digest(undone) == skill.info.digests[name]
        else:
            has = False
        if has:
            holds.add(name)
    return Verified(tuple(skill.indices), frozenset(base), frozenset(holds))


def match(names: Iterable[str], there: Collection[str], whose: str) -> dict[str, str]:
    """What `there` calls each of a skill's tensors.

    The same, or with the prefix of the base model (`roberta.`) put before all of them or taken
    off. Raises SkillError, that begins with `whose`, if none or several of these fit.
    """
    wanted = list(names)
    plain = {name: name for name in wanted}
    if all(name in there for name in wanted):
        return plain
    more = sorted({f"{key.partition('.')[0]}." for key in there})
    less = sorted({f"{name.partition('.')[0]}." for name in wanted})
    ways = [{name: prefix + name for name in wanted} for prefix in more]
    ways += [{name: name.removeprefix(prefix) for name in wanted} for prefix in less]
    fits = [w for w in ways if all(k in there for k in w.values()) and len({*w.values()}) == len(w)]
    if len(fits) == 1:
        return fits[0]
    missing = next(name for name in wanted if name not in there)
    raise SkillError(
        f"{whose} has no tensor {missing}",
        "the skill is for a model of another build"
        + ("; several prefixes would fit its names" if fits else ""),
    )


def other_base(skill: Skill, verified: Verified, whose: str) -> SkillError:
    """That `whose` tensors are not those that the skill was made from."""
    other = verified.other
    named = f"{', '.join(other[:3])}{' ...' if len(other) > 3 else ''}"
    return SkillError(
        f"{len(other)} of {len(verified.names)} tensors of {whose} are not those that the skill "
        f"was made from: {named}",
        f"take {skill.info.base} at the precision of its checkpoint, without other changes",
    )


def refuse_other(skill: Skill, model: nn.Module) -> None:
    """Raises SkillError if `model` is not the base that the skill was made from."""
    verified = verify(skill, model)
    if verified.state is State.other:
        raise other_base(skill, verified, "the model")
    if verified.state is not State.base:
        raise SkillError("the skill is already in the model", "install it once")
