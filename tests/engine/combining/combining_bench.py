"""Small skills with what they hold as plain dictionaries, to be combined slowly."""

from typing import Any

import torch

from engine.contract.combining import methods
from engine.contract.kinds.combine import CombineConfig
from engine.contract.skill_info import SkillInfo
from engine.graft.combining import Mixed, Vectors, code_of
from engine.graft.combining.vectors import assembled, laid_out
from engine.graft.skill import Skill

SHAPES = {"a.weight": (4, 5), "a.bias": (6,), "b.weight": (3, 4)}
Entry = tuple[str, int]
Changes = dict[Entry, float]
"""(tensor, flat index) -> tau, float64, as the values say it."""


def base() -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(3)
    return {name: torch.randn(shape, generator=draw).flatten() for name, shape in SHAPES.items()}


def skill(seed: int, share: float = 0.6, task: str = "") -> Skill:
    """Holds about that share of the weights, each moved by a random step."""
    draw = torch.Generator().manual_seed(seed)
    pre = base()
    index = {
        name: (torch.rand(len(flat), generator=draw) < share).nonzero().flatten()
        for name, flat in pre.items()
    }
    index = {name: at for name, at in index.items() if len(at)}
    new = {n: pre[n][at] + torch.randn(len(at), generator=draw) for n, at in index.items()}
    held = sum(map(len, index.values()))
    sizes = {name: len(flat) for name, flat in pre.items()}
    info = SkillInfo(
        base="tiny", digests={n: f"of {n}" for n in index},
        shapes={n: list(SHAPES[n]) for n in index}, task=task or f"task{seed}", prompt="",
        label_words={}, sparsity=share, weights=held, maskable=sum(sizes.values()), scores={},
        config_hash="", tensors=sizes,
    )  # fmt: skip
    return Skill(info, index, new, {n: pre[n][at] for n, at in index.items()})


def changes(skill: Skill) -> Changes:
    return {
        (name, at): float(new) - float(old)
        for name, index in skill.indices.items()
        for at, new, old in zip(
            index.tolist(), skill.values[name].double(), skill.base[name].double(), strict=True
        )
    }


def config(method: str, **settings: Any) -> CombineConfig:
    return CombineConfig.model_validate({"method": method, **settings})


def mixed(skills: list[Skill], method: str, **settings: Any) -> tuple[Vectors, Mixed]:
    vectors = laid_out(skills)
    return vectors, code_of(methods()[method])(vectors, config(method, **settings))


def combined(skills: list[Skill], method: str, **settings: Any) -> Skill:
    return assembled(skills, *mixed(skills, method, **settings), method)


def moved(vectors: Vectors, part: Mixed) -> Changes:
    """What is kept, and how far it moves."""
    return {
        (stretch.name, int(vectors.index[at])): float(part.movement[at])
        for stretch in vectors.stretches
        for at in range(stretch.span.start, stretch.span.stop)
        if part.kept[at]
    }
