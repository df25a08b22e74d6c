"""Axes: what is typed and what a recipe has come to the same points, those of itertools."""

import itertools
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract.toml import loads
from graftui.errors import UsageError
from graftui.planning.sweeps.axes import (
    MOST,
    Axes,
    checked,
    extended,
    merged,
    of_recipe,
    parse,
    points,
)
from tests.each import each

KINDS = {"finetune": "finetune", "graft": "graft"}
AXES = st.dictionaries(
    st.sampled_from(["train.lr", "task.k", "graft.seed", "task.name"]),
    st.lists(st.integers(0, 99), min_size=1, max_size=4, unique=True).map(tuple),
    min_size=1,
)


@settings(max_examples=20)
@given(AXES)
def test_the_grid_is_the_product(grid: dict[str, tuple[int, ...]]) -> None:
    expected = [
        dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())
    ]
    assert points(Axes(grid)) == expected


def test_axes_that_go_together_are_one() -> None:
    axes = Axes({"graft.seed": (1, 2)}, {"task.k": (16, 64), "train.steps": (400, 1600)})
    assert [tuple(point.values()) for point in points(axes)] == [
        (seed, k, steps) for seed in (1, 2) for k, steps in ((16, 400), (64, 1600))
    ]


@settings(max_examples=20)
@given(AXES, st.integers(1, 30), st.integers(0, 5))
def test_a_draw_is_of_the_grid(grid: dict[str, tuple[int, ...]], count: int, seed: int) -> None:
    drawn = points(Axes(grid, random=count, seed=seed))
    every = points(Axes(grid))
    assert len(drawn) == min(count, len(every))
    assert all(point in every for point in drawn)
    assert len({str(point) for point in drawn}) == len(drawn), "each once"
    assert drawn == points(Axes(grid, random=count, seed=seed))


def test_another_seed_draws_others_and_a_grid_may_be_huge() -> None:
    grid = {f"axis{number}": tuple(range(1000)) for number in range(4)}
    drawn = [points(Axes(grid, random=50, seed=seed)) for seed in (0, 1)]
    assert drawn[0] != drawn[1]
    with pytest.raises(UsageError, match=f"at most {MOST:,}"):
        points(Axes(grid))


def test_a_draw_goes_on_past_what_is_skipped() -> None:
    grid = {"graft.seed": tuple(range(40))}
    drawn = points(Axes(grid, random=10), lambda point: point["graft.seed"] % 2 == 0)
    assert len(drawn) == 10
    assert {point["graft.seed"] % 2 for point in drawn} == {0}


TYPED = ["task.data_seed=13,21", "graft.localizer=learnt, movement", "train.l1=0,1e-3",
         "graft.sparsities=[1e-4,1e-3],[1]", "task.prompt='a, b',\"c\"", "graft.learn=yes",
         "task.label_words={0 = bad, 1 = good}"]  # fmt: skip
TOML = """
[axes]
task.data_seed = [13, 21]
graft.localizer = ["learnt", "movement"]
train.l1 = [0, 1e-3]
graft.sparsities = [[1e-4, 1e-3], [1]]
task.prompt = ["a, b", "c"]
graft.learn = [true]
task.label_words = [{ 0 = "bad", 1 = "good" }]
"""


def test_typed_and_written_are_the_same_values() -> None:
    typed = Axes(parse(TYPED, KINDS, "--grid"))
    assert typed == of_recipe(loads(TOML), "mine", KINDS)
    assert typed.grid["graft.sparsities"] == ([1e-4, 1e-3], [1])


@each(
    ("text", "said"),
    [
        ("train.lr", "no setting with its values"),
        ("train.lr=", "a value is missing"),
        ("train.lr=1,,2", "a value is missing"),
        ("train.lr=1,", "a value is missing"),
        ("task.data_seed=13,many", "integer"),
        ("graft.sparsities=1e-4,1e-3", "in brackets"),
        ("graft.sparsities=[1e-4]1", "should be a list"),
        ("task.nam=a", "no such setting. Did you mean task.name"),
        ("graft.localizr=learnt", "^--grid graft.localizr: there is no such setting"),
    ],
)
def test_what_is_no_axis_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse([text], KINDS, "--grid")


@each(
    ("toml", "said"),
    [
        ("axis = 1", "has no 'axis'"),
        ("[axes]\ntrain.lr = 1e-3", "no list of values"),
        ("[axes]\ntrain.lr = []", "no list of values"),
        ("[axes]\ntrain.rate = [1]", "no such setting"),
        ("[axes]\ntrain.lr = [1, 1]", "twice"),
        ("[axes]\ntask.k = [1]\n[zip]\ntask.k = [2]", "in the grid and goes together"),
        ("[zip]\ntask.k = [1, 2]\ntrain.steps = [1]", "as many values each"),
        ("skip = 3", "no query"),
        ("random = -1", "whole number"),
        ("seed = true", "whole number"),
        ("[zip]\ntrain.lrr = [1]", r"^Recipe mine: \[sweep.zip\] train.lrr: there is no such"),
    ],
)
def test_what_is_no_sweep_is_refused(toml: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        of_recipe(loads(toml), "mine", KINDS)


def test_what_is_typed_stands_over_the_recipe() -> None:
    low = Axes({"a": (1, 2), "b": (3,)}, {"c": (4,)}, ("x=1",), 5, 6)
    high = Axes({"b": (7,), "c": (8,)}, {}, ("y=2",))
    assert merged(low, high) == Axes({"a": (1, 2), "b": (7,), "c": (8,)}, {}, ("x=1", "y=2"), 5, 6)


@settings(max_examples=20)
@given(AXES, st.lists(st.integers(0, 99), max_size=5))
def test_a_longer_axis_keeps_its_points(grid: dict[str, Any], more: list[int]) -> None:
    path = random.Random(len(more)).choice(list(grid))
    longer = extended(Axes(grid), {path: tuple(more)})
    assert {*longer.grid[path]} == {*grid[path], *more}
    before, after = ([str(point) for point in points(axes)] for axes in (Axes(grid), longer))
    assert {*before} <= {*after}


def test_what_cannot_be_made_longer() -> None:
    with pytest.raises(UsageError, match="no axis of this sweep"):
        extended(Axes({"task.k": (1,)}), {"train.lr": (1,)})
    with pytest.raises(UsageError, match="drew its cells once"):
        extended(Axes({"task.k": (1,)}, random=1), {"task.k": (2,)})
    with pytest.raises(UsageError, match="as many values each"):
        extended(Axes({}, {"task.k": (1,), "train.steps": (2,)}), {"task.k": (2,)})
    assert checked(Axes({"task.k": (1,)})).paths == ("task.k",)
