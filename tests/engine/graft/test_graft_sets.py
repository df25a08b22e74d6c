"""Set operations on skills against Python's own sets and dictionaries."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.skill_info import SkillInfo
from engine.graft import sets
from engine.graft.info import SkillError
from engine.graft.skill import Skill, load, write

SIZES = {"a.weight": 6, "a.bias": 3, "b.weight": 4}
PLACES = [(name, at) for name, size in SIZES.items() for at in range(size)]
Entries = dict[tuple[str, int], float]
"""(tensor, flat index) -> value: what a skill is."""


def skill(entries: Entries, dtype: torch.dtype = torch.float32, **about: Any) -> Skill:
    """Entry i of every tensor of the base is i + 0.5."""
    names = [name for name in SIZES if any(n == name for n, _ in entries)]
    at = {name: sorted(i for n, i in entries if n == name) for name in names}
    known: dict[str, Any] = {
        "base": "tiny", "digests": {name: f"of {name}" for name in names},
        "shapes": {name: [SIZES[name]] for name in names}, "task": "SST-2", "prompt": "it was",
        "label_words": {"0": "bad"}, "sparsity": 0.1, "weights": len(entries), "maskable": 13,
        "scores": {"dev": 1.0}, "config_hash": "c",
    }  # fmt: skip
    return Skill(
        SkillInfo(**{**known, **about}),
        {n: torch.tensor(i) for n, i in at.items()},
        {n: torch.tensor([entries[n, i] for i in at[n]], dtype=dtype) for n in names},
        {n: torch.tensor(at[n]) + 0.5 for n in names},
    )


def entries_of(skill: Skill) -> Entries:
    return {
        (name, at): value
        for name, index in skill.indices.items()
        for at, value in zip(index.tolist(), skill.values[name].tolist(), strict=True)
    }


def check(made: sets.Combined, expected: Entries, several: set[tuple[str, int]]) -> None:
    """`several`: entries that skills hold with different values."""
    assert entries_of(made.skill) == expected
    assert made.skill.info.weights == len(expected)
    assert made.conflicts == len(several & expected.keys())
    assert made.skill.info.sparsity == len(expected) / 13
    touched = {name for name, _ in expected}
    assert made.skill.info.digests == {name: f"of {name}" for name in touched}
    assert made.skill.info.shapes == {name: [SIZES[name]] for name in touched}
    for name, index in made.skill.indices.items():
        assert all(i < j for i, j in pairwise(index.tolist()))
        assert made.skill.base[name].tolist() == [at + 0.5 for at in index.tolist()]


some = st.dictionaries(st.sampled_from(PLACES), st.sampled_from([-1.5, 0.0, 2.0]))


@given(st.lists(some, min_size=2, max_size=4))
def test_the_operations_are_those_of_sets(held: list[Entries]) -> None:
    skills = [skill(entries) for entries in held]
    counts = Counter(place for entries in held for place in entries)
    first = {p: next(e[p] for e in held if p in e) for p in counts}
    several = {p for p in counts if len({e[p] for e in held if p in e}) > 1}
    check(sets.union(skills), first, several)
    all_hold = {p: v for p, v in first.items() if counts[p] == len(held)}
    check(sets.intersect(skills), all_hold, several)
    others = set().union(*held[1:])
    check(sets.subtract(skills), {p: v for p, v in held[0].items() if p not in others}, set())


@given(st.lists(some, min_size=2, max_size=4))
def test_what_every_two_share(held: list[Entries]) -> None:
    found = sets.pairs([skill(entries) for entries in held])
    assert len(found) == len(held) * (len(held) - 1) // 2
    for pair in found:
        one, two = held[pair.first], held[pair.second]
        shared = one.keys() & two.keys()
        assert pair.overlap == len(shared)
        assert pair.jaccard == pytest.approx(len(shared) / max(1, len(one.keys() | two.keys())))
        assert pair.expected == pytest.approx(len(one) * len(two) / 13)
        counts = [Counter(name for name, _ in entries) for entries in (one, two)]
        strict = sum(counts[0][name] * counts[1][name] / size for name, size in SIZES.items())
        assert pair.expected_by_tensor == pytest.approx(strict)
        assert pair.p <= 1
        assert pair.p_by_tensor <= 1
        assert pair.agree == sum(one[place] == two[place] for place in shared)


def test_the_expected_overlap_is_that_of_random_regions() -> None:
    generator = torch.Generator().manual_seed(0)

    def region(size: int) -> set[int]:
        return set(torch.randperm(13, generator=generator)[:size].tolist())

    mean = sum(len(region(6) & region(4)) for _ in range(4000)) / 4000
    (pair,) = sets.pairs(
        [skill(dict.fromkeys(PLACES[:6], 1.0)), skill(dict.fromkeys(PLACES[9:], 1.0))]
    )
    assert (pair.overlap, pair.expected) == (0, 24 / 13)
    assert mean == pytest.approx(pair.expected, abs=0.06)


def test_a_set_is_a_skill_file_like_any_other(tmp_path: Path) -> None:
    one = skill({("a.bias", 0): 1.0, ("a.bias", 2): 2.0})
    two = skill({("a.bias", 2): 3.0, ("b.weight", 3): 4.0}, task="cr", maskable=20)
    made = sets.union([one, two])
    write(made.skill, tmp_path / "both")
    found = load(tmp_path / "both")
    assert entries_of(found) == {("a.bias", 0): 1.0, ("a.bias", 2): 2.0, ("b.weight", 3): 4.0}
    about = found.info
    assert (about.task, about.prompt) == ("union of SST-2, cr", "it was")
    assert (about.weights, about.maskable, about.sparsity) == (3, 20, 3 / 20)
    assert (about.scores, about.config_hash) == ({}, "")
    assert made.conflicts == 1


def test_mixed_precision_is_widened_not_rounded() -> None:
    fine = 1 + 2**-20
    made = sets.union([skill({("a.bias", 0): 1.5}, torch.bfloat16), skill({("a.bias", 1): fine})])
    assert entries_of(made.skill) == {("a.bias", 0): 1.5, ("a.bias", 1): fine}


def test_one_of_format_1_makes_format_1(tmp_path: Path) -> None:
    old = skill({("a.bias", 0): 1.0}, format=1)
    old.base.clear()
    made = sets.union([skill({("a.bias", 1): 2.0}), old]).skill
    write(made, tmp_path / "both")
    found = load(tmp_path / "both")
    assert (found.info.format, found.base, found.info.weights) == (1, {}, 2)


def test_different_bases_are_refused_and_the_tensor_named() -> None:
    one = skill({("a.bias", 0): 1.0, ("b.weight", 0): 1.0})
    digests = {"a.bias": "of a.bias", "b.weight": "another"}
    two = skill({("a.bias", 0): 1.0, ("b.weight", 1): 1.0}, base="big", digests=digests)
    for work in (sets.union, sets.intersect, sets.subtract, sets.pairs):
        with pytest.raises(SkillError, match="b.weight of big is not that of tiny"):
            work([one, two])


def test_one_base_by_two_names_is_known_by_its_digests() -> None:
    one, two = skill({("a.bias", 0): 1.0}), skill({("a.bias", 1): 1.0}, base="/models/tiny")
    assert sets.union([one, two]).skill.info.weights == 2
    apart = skill({("b.weight", 0): 1.0}, base="/models/big")
    with pytest.raises(SkillError, match="no tensor in common"):
        sets.union([one, apart])
    assert sets.union([one, skill({("b.weight", 0): 1.0})]).skill.info.weights == 2
