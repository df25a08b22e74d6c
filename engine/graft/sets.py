"""Skills as sets of weights: what several share, and new skills made of them.

Owns the set operations. Refuses skills that were not made from one base.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
import torch

from engine.analysis import overlap as chance
from engine.contract.skill_info import FORMAT, SkillInfo
from engine.graft.info import SkillError
from engine.graft.skill import Skill, Tensors

Counts = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
Choice = Callable[[Counts, Marks], Marks]
"""How many skills hold each entry, and whether the first does -> which entries to keep."""


@dataclass(frozen=True, slots=True)
class Combined:
    """A skill made of others."""

    skill: Skill
    conflicts: int
    """Entries of it that several of the others hold with different values; the first's is taken."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What two skills share."""

    first: int
    """Number of the one, from 0."""
    second: int
    overlap: int
    """Entries that both hold."""
    jaccard: float
    """Overlap / entries of either; 0 of two empty ones."""
    expected: float
    """Overlap of two random regions of these sizes among all maskable weights (of the skill that
    was chosen from more), on average."""
    p: float
    """P(such regions share as much, or more): the hypergeometric tail."""
    expected_by_tensor: float
    """Overlap of random regions with as many weights in each tensor as these have."""
    p_by_tensor: float
    exact: bool
    """Whether `p_by_tensor` is; else it is that of a normal distribution."""
    agree: int
    """Entries of the overlap with the same value."""


def union(skills: Sequence[Skill]) -> Combined:
    """All entries; where several hold one, the first skill's value."""
    return _combined("union", skills, lambda counts, first: counts > 0)


def intersect(skills: Sequence[Skill]) -> Combined:
    """The entries that all hold, with the first skill's values."""
    return _combined("intersection", skills, lambda counts, first: counts == len(skills))


def subtract(skills: Sequence[Skill]) -> Combined:
    """The first skill's entries that no other holds."""
    return _combined("difference", skills, lambda counts, first: (counts == 1) & first)


def pairs(skills: Sequence[Skill]) -> list[Pair]:
    """Of every two skills what they share. Raises SkillError if their bases differ."""
    same_base(skills)
    return [_pair(skills, i, j) for i, j in combinations(range(len(skills)), 2)]


def same_base(skills: Sequence[Skill]) -> None:
    """Raises SkillError, that names the tensor, if two skills were made from different bases."""
    known: dict[str, tuple[str, str]] = {}  # tensor -> its digest, and a base that has it
    names: set[str] = set()
    for skill in skills:
        info = skill.info
        shared = known.keys() & info.digests.keys()
        for name in sorted(shared):
            before, base = known[name]
            if before != info.digests[name]:
                raise SkillError(
                    f"the skills are of different bases: {name} of {info.base} is not that of "
                    f"{base}",
                    "take skills that were cut from one pretrained model",
                )
        if names and not shared and info.base not in names:
            raise SkillError(
                f"nothing shows that {info.base} and {min(names)} are one base: the skills touch "
                "no tensor in common",
                "cut them from one pretrained model, by one name",
            )
        known |= {name: (before, info.base) for name, before in info.digests.items()}
        names.add(info.base)


def _pair(skills: Sequence[Skill], i: int, j: int) -> Pair:
    shared = intersect([skills[i], skills[j]])
    left, right = skills[i].info, skills[j].info
    overlap = shared.skill.info.weights
    maskable = max(left.maskable, right.maskable, left.weights, right.weights)
    uniform = chance.uniform(overlap, left.weights, right.weights, maskable)
    strict = chance.by_tensor(overlap, *_by_tensor(skills[i], skills[j]))
    return Pair(
        i, j, overlap, chance.jaccard(left.weights, right.weights, overlap), uniform.expected,
        uniform.tail, strict.expected, strict.tail, strict.exact, overlap - shared.conflicts,
    )  # fmt: skip


def _by_tensor(left: Skill, right: Skill) -> tuple[list[int], list[int], list[int]]:
    """Of each tensor that both touch, their weights in it and its size; others share nothing."""
    sizes = {
        **{name: math.prod(shape) for name, shape in left.info.shapes.items()},
        **left.info.tensors,
    }
    both = [name for name in left.indices if name in right.indices]
    held = [[len(skill.indices[name]) for name in both] for skill in (left, right)]
    return held[0], held[1], [sizes[name] for name in both]


def _combined(label: str, skills: Sequence[Skill], choice: Choice) -> Combined:
    same_base(skills)
    indices, values, base, conflicts = {}, {}, {}, 0
    whole = all(skill.base or not skill.indices for skill in skills)
    for name in dict.fromkeys(name for skill in skills for name in skill.indices):
        index, first, clash = _chosen(name, skills, choice)
        if len(index):
            indices[name] = index
            values[name] = _joined([skill.values for skill in skills], name)[first]
            conflicts += clash
            if whole:
                base[name] = _joined([skill.base for skill in skills], name)[first]
    info = about(label, skills, indices, FORMAT if whole else 1)
    return Combined(Skill(info, indices, values, base, skills[0].head), conflicts)


def _chosen(
    name: str, skills: Sequence[Skill], choice: Choice
) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Kept entries of a tensor, where each lies first among the skills' joined, and conflicts."""
    joined = _joined([skill.indices for skill in skills], name).numpy()
    index, first, back, counts = np.unique(
        joined, return_index=True, return_inverse=True, return_counts=True
    )
    kept = choice(counts, first < len(skills[0].indices.get(name, ())))
    values = _joined([skill.values for skill in skills], name)
    differs = (values != values[first[back]]).numpy()
    clash = np.bincount(back, weights=differs, minlength=len(index)) > 0
    return torch.from_numpy(index[kept]), torch.from_numpy(first[kept]), int((clash & kept).sum())


def _joined(parts: Sequence[Tensors], name: str) -> torch.Tensor:
    """One tensor's entries of all skills, one after the other, at the widest precision."""
    return torch.cat([part[name] for part in parts if name in part])


def about(label: str, skills: Sequence[Skill], indices: Tensors, form: int = FORMAT) -> SkillInfo:
    """What a skill made of `skills` says of itself; prompt and label words are the first one's."""
    abouts = [skill.info for skill in skills]
    digests = {name: info.digests[name] for info in abouts for name in info.digests}
    shapes = {name: info.shapes[name] for info in abouts for name in info.shapes}
    weights = sum(map(len, indices.values()))
    most = max(abouts, key=lambda info: info.maskable)
    maskable = most.maskable
    return replace(
        abouts[0],
        tensors=most.tensors,
        digests={name: digests[name] for name in indices},
        shapes={name: shapes[name] for name in indices},
        task=f"{label} of {', '.join(info.task for info in abouts)}",
        weights=weights,
        maskable=maskable,
        sparsity=weights / max(maskable, 1),
        scores={},
        config_hash="",
        format=form,
    )
