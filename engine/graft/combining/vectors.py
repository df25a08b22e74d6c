"""Task vectors of several skills side by side, and the skill that comes of combining them.

Owns the columns: the U weights that any of T skills holds. Everything is float64 here, T + some 8
numbers a column; nothing grows with the model but by what the skills hold. Refuses skills of
different bases, and files that do not hold the values before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from engine.contract.skill_info import SkillInfo
from engine.graft.info import SkillError
from engine.graft.sets import about, same_base
from engine.graft.skill import Skill, Tensors


@dataclass(frozen=True, slots=True)
class Stretch:
    """A tensor's stretch of the columns."""

    name: str
    shape: tuple[int, ...]
    span: slice


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """tau = tuned - pretrained of T skills at the U weights that any of them holds."""

    stretches: tuple[Stretch, ...]
    index: torch.Tensor  # (U,) int64, flat index of each column within its tensor, rising in each
    pre: torch.Tensor  # (U,) float64
    tau: torch.Tensor  # (T, U) float64; 0 where a skill does not hold the weight
    held: torch.Tensor  # (T, U) bool
    values: torch.Tensor  # (T, U) the skills' own new values; those before where not held

    def __len__(self) -> int:
        return len(self.tau)

    @property
    def any(self) -> torch.Tensor:
        """(U,) all true: a column is there because a skill holds it."""
        return self.held.any(0)

    def spans(self) -> Iterator[slice]:
        """The columns of each tensor."""
        return (stretch.span for stretch in self.stretches)


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """What a method makes of T skills."""

    movement: torch.Tensor  # (U,) float64, from pretrained
    kept: torch.Tensor  # (U,) bool, the weights of the combined skill
    own: "tuple[Mixed, ...]" = ()
    """Where each task has weights of its own: these, in the order of the skills."""


def total(numbers: torch.Tensor) -> torch.Tensor:
    """Sums of the columns of (T, U), the same bits in whatever order the rows are."""
    return numbers.sort(0).values.sum(0)


def refuse_apart(skills: Sequence[Skill]) -> None:
    """Raises SkillError for skills that cannot be laid side by side."""
    same_base(skills)
    for skill in skills:
        if skill.indices and not skill.base:
            raise SkillError(
                f"the skill of {skill.info.task} does not hold the values before (format 1)",
                "cut the graft again: files of today hold them",
            )


def laid_out(skills: Sequence[Skill]) -> Vectors:
    """The task vectors of one or more skills. Raises SkillError."""
    refuse_apart(skills)
    # By name, so that a skill's columns lie in one order whatever it is laid beside.
    names = sorted({name for skill in skills for name in skill.indices})
    parts = [_part(name, skills) for name in names]
    stretches, start = [], 0
    for name, (index, *_) in zip(names, parts, strict=True):
        shape = next(s.info.shapes[name] for s in skills if name in s.indices)
        stretches.append(Stretch(name, tuple(shape), slice(start, start + len(index))))
        start += len(index)
    if not parts:
        return _empty(len(skills))
    index, pre, tau, held, values = (torch.cat(column, -1) for column in zip(*parts, strict=True))
    return Vectors(tuple(stretches), index, pre, tau, held, values)


def _empty(skills: int) -> Vectors:
    wide = torch.zeros(skills, 0, dtype=torch.float64)
    return Vectors((), torch.zeros(0, dtype=torch.int64), wide[0], wide, wide.bool(), wide.float())


def _part(name: str, skills: Sequence[Skill]) -> tuple[torch.Tensor, ...]:
    """Of one tensor: index and pre (U,); tau, held and values (T, U)."""
    holders = [skill for skill in skills if name in skill.indices]
    index = torch.unique(torch.cat([skill.indices[name] for skill in holders]))
    kind = _widest([skill.values[name].dtype for skill in holders])
    pre = torch.zeros(len(index), dtype=torch.float64)
    for skill in holders:
        pre[torch.searchsorted(index, skill.indices[name])] = skill.base[name].double()
    held = torch.zeros(len(skills), len(index), dtype=torch.bool)
    tau = torch.zeros(len(skills), len(index), dtype=torch.float64)
    values = pre.to(kind).repeat(len(skills), 1)
    for row, skill in enumerate(skills):
        if name in skill.indices:
            at = torch.searchsorted(index, skill.indices[name])
            held[row, at] = True
            values[row, at] = skill.values[name].to(kind)
            tau[row, at] = skill.values[name].double() - pre[at]
    return index, pre, tau, held, values


def _widest(kinds: Sequence[torch.dtype]) -> torch.dtype:
    widest = kinds[0]
    for kind in kinds[1:]:
        widest = torch.promote_types(widest, kind)
    return widest


def assembled(
    skills: Sequence[Skill], vectors: Vectors, mixed: Mixed, label: str, whole: bool = False
) -> Skill:
    """The combined skill, called `label` of its tasks.

    A weight that moves just as in one of the skills has that skill's value, bit for bit. `whole`:
    weights that stay as they were are left out, of which checkpoints hold many.
    """
    values = (vectors.pre + mixed.movement).to(vectors.values)
    for row in reversed(range(len(vectors))):
        same = vectors.held[row] & (mixed.movement == vectors.tau[row])
        values[same] = vectors.values[row][same]
    before = vectors.pre.to(vectors.values)
    kept = mixed.kept & (values != before) if whole else mixed.kept
    indices: Tensors = {}
    new: Tensors = {}
    old: Tensors = {}
    for stretch in vectors.stretches:
        chosen = kept[stretch.span]
        if chosen.any():
            indices[stretch.name] = vectors.index[stretch.span][chosen]
            new[stretch.name] = values[stretch.span][chosen]
            old[stretch.name] = before[stretch.span][chosen]
    info: SkillInfo = about(label, skills, indices)
    return Skill(info, indices, new, old, skills[0].head)
