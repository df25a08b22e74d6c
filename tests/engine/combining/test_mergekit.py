"""Methods against mergekit, tensor by tensor, on the pocket model (for developers: `pip install
--no-deps mergekit immutables`)."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from engine.contract.layout import shipped
from engine.graft.combining.drawing import drawn
from engine.graft.combining.vectors import laid_out
from engine.graft.combining.whole import whole
from engine.graft.skill import Skill
from tests.engine.combining.combining_bench import combined

registry = pytest.importorskip(
    "mergekit.merge_methods.registry", reason="mergekit is not installed: for developers alone"
)
base_module = pytest.importorskip("mergekit.merge_methods.base")

NAMES = ("attention.self.query.weight", "output.dense.bias")
"""Ends of the names of two tensors of the pocket model."""
CASES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("arithmetic", "task_arithmetic", {"scale": 0.5}, {"lambda": 0.5}),
    ("arithmetic", "task_arithmetic", {"scales": (1.0, 0.5, 2.0)}, {"weight": (1.0, 0.5, 2.0)}),
    ("ties", "ties", {"keep": 0.3, "within": "tensor"}, {"density": 0.3}),
    ("ties", "ties", {"keep": 0.7, "within": "tensor", "scales": (1.0, 0.5, 2.0), "scale": 0.8},
     {"density": 0.7, "weight": (1.0, 0.5, 2.0), "lambda": 0.8}),
    ("breadcrumbs", "breadcrumbs", {"keep": 0.4, "outliers": 0.1}, {"density": 0.4, "gamma": 0.1}),
    ("breadcrumbs", "breadcrumbs", {"keep": 0.95, "outliers": 0.2},
     {"density": 0.95, "gamma": 0.2}),
]  # fmt: skip
SEED = 5
DRAWN: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("dare", "dare_linear", {"keep": 0.3}, {"density": 0.3}),
    ("dare", "dare_linear", {"keep": 0.8, "scales": (1.0, 0.5, 2.0), "scale": 0.7},
     {"density": 0.8, "weight": (1.0, 0.5, 2.0), "lambda": 0.7}),
    ("della", "della", {"keep": 0.5, "window": 0.4}, {"density": 0.5, "epsilon": 0.2}),
    ("della", "della", {"keep": 0.7, "window": 0.1, "scales": (1.0, 0.5, 2.0), "scale": 0.7},
     {"density": 0.7, "epsilon": 0.05, "weight": (1.0, 0.5, 2.0), "lambda": 0.7}),
]  # fmt: skip
"""Methods that drop at random."""


def net(tensors: list[torch.Tensor]) -> nn.Module:
    return nn.ParameterList([nn.Parameter(tensor) for tensor in tensors])


@pytest.fixture(scope="module")
def base() -> list[torch.Tensor]:
    every = load_file(shipped() / "pocket" / "masked-lm" / "model.safetensors")
    return [next(every[key].float() for key in every if key.endswith(name)) for name in NAMES]


@pytest.fixture(scope="module")
def tuned(base: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    """Three models, each weight moved at random."""
    draw = torch.Generator().manual_seed(1)
    return [
        [tensor + 0.1 * torch.randn(tensor.shape, generator=draw) for tensor in base]
        for _ in range(3)
    ]


def merged(name: str, tensors: list[torch.Tensor], given: dict[str, Any]) -> torch.Tensor:
    """What mergekit makes of the base, which comes first, and the others."""
    method = registry.get(name)
    others = range(1, len(tensors))
    settings: dict[str, Any] = {"lambda": 1.0, "rescale": False, "int8_mask": False}
    settings["normalize"] = method.default_normalize
    for each, default in (("weight", 1.0), ("density", 1.0), ("gamma", 0.01), ("epsilon", 0.1)):
        value = given.get(each, default)
        values = value if isinstance(value, tuple) else (value,) * len(others)
        settings[each] = dict(zip(others, values, strict=True))
    settings["lambda"] = given.get("lambda", 1.0)
    group = base_module.TensorGroup.from_tensors(tensors, base_index=0)
    result: torch.Tensor = method.merge_group(group, **settings)
    return result


@pytest.mark.parametrize(("method", "theirs", "settings", "given"), CASES)
def test_the_result_is_mergekits(
    base: list[torch.Tensor],
    tuned: list[list[torch.Tensor]],
    method: str,
    theirs: str,
    settings: dict[str, Any],
    given: dict[str, Any],
) -> None:
    made = combined(skills_of(base, tuned), method, **settings)
    for number, before in enumerate(base):
        expected = merged(theirs, [before, *(each[number] for each in tuned)], given)
        compare(made, number, before, expected)


def skills_of(base: list[torch.Tensor], tuned: list[list[torch.Tensor]]) -> list[Skill]:
    names = [str(number) for number in range(len(base))]
    return [whole(net(base), net(each), names, "pocket", "t") for each in tuned]


def compare(made: Skill, number: int, before: torch.Tensor, expected: torch.Tensor) -> None:
    ours = before.clone().flatten()
    if (name := str(number)) in made.indices:
        ours[made.indices[name]] = made.values[name]
    assert torch.allclose(ours.view(before.shape), expected, atol=2e-6, rtol=0)
    assert not torch.allclose(before, expected, atol=1e-3)


@pytest.mark.parametrize(("method", "theirs", "settings", "given"), DRAWN)
def test_of_the_same_draw_the_result_is_mergekits(
    monkeypatch: pytest.MonkeyPatch,
    base: list[torch.Tensor],
    tuned: list[list[torch.Tensor]],
    method: str,
    theirs: str,
    settings: dict[str, Any],
    given: dict[str, Any],
) -> None:
    """mergekit's chances, election and mean, drawn with our random numbers. It rescales to the same
    l1 norm, or not at all; the papers divide by the chance to be kept, and so does its draw here.
    """
    skills = skills_of(base, tuned)
    vectors = laid_out(skills)
    numbers = drawn(vectors, SEED)  # (T, U)
    made = combined(skills, method, seed=SEED, **settings)
    for stretch in vectors.stretches:
        rows = iter(numbers[:, stretch.span])

        def draw(chance: torch.Tensor, rows: Iterator[torch.Tensor] = rows) -> torch.Tensor:
            return (next(rows).view(chance.shape) < chance) / chance

        monkeypatch.setattr(torch, "bernoulli", draw)
        before = base[int(stretch.name)]
        tensors = [before, *(each[int(stretch.name)] for each in tuned)]
        compare(made, int(stretch.name), before, merged(theirs, tensors, given))
        assert next(rows, None) is None, "each skill was drawn once"
