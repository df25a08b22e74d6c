"""Each method against a slow transcription of its formula, weight by weight."""

import math
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
import torch

from engine.contract.combining import methods
from engine.graft.info import SkillError
from engine.graft.skill import Skill
from tests.engine.combining.combining_bench import (
    SHAPES,
    Changes,
    Entry,
    changes,
    combined,
    mixed,
    moved,
    skill,
)

Slow = Callable[..., Changes]
SKILLS = [skill(1), skill(2), skill(3, share=0.3)]


def entries(taus: list[Changes]) -> list[Entry]:
    """All weights that one holds."""
    return sorted({entry for tau in taus for entry in tau})


def values(taus: list[Changes], entry: Entry) -> list[float]:
    return [tau[entry] for tau in taus if entry in tau]


def union(taus: list[Changes], scale: float = 1.0) -> Changes:
    made = {}
    for entry in entries(taus):
        count = sum(entry in tau for tau in taus)
        made[entry] = scale * sum((1 / count) * tau[entry] for tau in taus if entry in tau)
    return made


def arithmetic(taus: list[Changes], scale: float = 1.0, scales: tuple[float, ...] = ()) -> Changes:
    weights = scales or (1.0,) * len(taus)
    return {
        entry: scale * sum(w * tau.get(entry, 0.0) for w, tau in zip(weights, taus, strict=True))
        for entry in entries(taus)
    }


def trimmed(tau: Changes, keep: float, within: str = "model") -> Changes:
    if within == "tensor":
        parts = [{e: x for e, x in tau.items() if e[0] == name} for name in SHAPES]
        return {e: x for part in parts if part for e, x in trimmed(part, keep).items()}
    ranked = sorted(tau, key=lambda entry: -abs(tau[entry]))
    return {entry: tau[entry] for entry in ranked[: max(1, int(keep * len(tau)))]}


def ties(
    taus: list[Changes],
    keep: float,
    scale: float = 1.0,
    scales: tuple[float, ...] = (),
    within: str = "model",
) -> Changes:
    return agreed([trimmed(tau, keep, within) for tau in taus], scale, scales)


def agreed(kept: list[Changes], scale: float = 1.0, scales: tuple[float, ...] = ()) -> Changes:
    weights = scales or (1.0,) * len(kept)
    made: Changes = {}
    for entry in entries(kept):
        each = [(w, w * t[entry]) for w, t in zip(weights, kept, strict=True) if entry in t]
        sign = 1 if sum(x for _, x in each) > 0 else -1
        same = [(w, x) for w, x in each if x * sign > 0]
        made[entry] = scale * sum(x for _, x in same) / sum(w for w, _ in same)
    return made


def intersection(taus: list[Changes]) -> Changes:
    shared = [entry for entry in entries(taus) if all(entry in tau for tau in taus)]
    return {entry: sum(tau[entry] for tau in taus) / len(taus) for entry in shared}


def stitch(taus: list[Changes], scales: tuple[float, ...]) -> Changes:
    made = {}
    for entry in entries(taus):
        weighed = [w * tau[entry] for w, tau in zip(scales, taus, strict=True) if entry in tau]
        made[entry] = sum(weighed) / len(weighed)
    return made


def crumbs(tau: Changes, keep: float, outliers: float) -> Changes:
    made: Changes = {}
    for name in SHAPES:
        rising = sorted((e for e in tau if e[0] == name), key=lambda entry: abs(tau[entry]))
        many = int(keep * len(rising))
        without = max(many, len(rising) - int(outliers * len(rising)))
        made |= {entry: tau[entry] for entry in rising[max(0, without - many) : without]}
    return made


def breadcrumbs(taus: list[Changes], keep: float, outliers: float) -> Changes:
    return arithmetic([crumbs(tau, keep, outliers) for tau in taus])


def counting(taus: list[Changes], entry: Entry, threshold: float) -> list[bool]:
    """For which tasks a weight counts."""
    steps = [tau.get(entry, 0.0) for tau in taus]
    return [abs(step) > threshold * abs(sum(steps) - step) for step in steps]


def consensus(taus: list[Changes], threshold: float, agree: int) -> Changes:
    return {
        entry: sum(values(taus, entry))
        for entry in entries(taus)
        if sum(counting(taus, entry, threshold)) >= agree
    }


def pcb(taus: list[Changes], ratio: float) -> Changes:
    held, many = entries(taus), len(taus)
    rows = [[tau.get(entry, 0.0) for entry in held] for tau in taus]
    scores, sizes = [], []
    for row in rows:
        rising = sorted(map(abs, row))
        low, high = rising[int(len(row) * 1e-4)], rising[int(len(row) * (1 - 1e-4) - 1)]
        size = [min(max(abs(x), low), high) for x in row]
        intra = [math.exp(many * ((x - min(size)) / (max(size) - min(size))) ** 2) for x in size]
        inter = [math.tanh(x * sum(r[at] for r in rows)) for at, x in enumerate(row)]
        both = [a * b for a, b in zip(intra, inter, strict=True)]
        least = sorted(both)[int(len(both) * (1 - ratio))]
        clipped = [max(x, least) for x in both]
        scores.append([(x - min(clipped)) / (max(clipped) - min(clipped)) for x in clipped])
        sizes.append(size)
    made: Changes = {}
    for at, entry in enumerate(held):
        weight = sum(score[at] for score in scores)
        if weight > 0:
            each = zip(scores, sizes, rows, strict=True)
            steps = [s[at] * math.copysign(z[at], r[at]) * (r[at] != 0) for s, z, r in each]
            made[entry] = sum(steps) / weight
    return made


CASES: list[tuple[str, Slow, dict[str, Any]]] = [
    ("union", union, {}),
    ("union", union, {"scale": 0.7}),
    ("arithmetic", arithmetic, {"scale": 0.4}),
    ("arithmetic", arithmetic, {"scales": (0.2, 1.0, 2.0)}),
    ("ties", ties, {"keep": 0.4}),
    ("ties", ties, {"keep": 0.5, "scale": 2.0, "within": "tensor"}),
    ("ties", ties, {"keep": 0.9, "scales": (0.5, 1.0, 2.0)}),
    ("intersection", intersection, {}),
    ("stitch", stitch, {"scales": (0.2, 1.0, 2.0)}),
    ("breadcrumbs", breadcrumbs, {"keep": 0.5, "outliers": 0.2}),
    ("breadcrumbs", breadcrumbs, {"keep": 0.9, "outliers": 0.4}),
    ("consensus", consensus, {"threshold": 0.4, "agree": 2}),
    ("consensus", consensus, {"threshold": 1.5, "agree": 1}),
    ("pcb", pcb, {"ratio": 0.3}),
]


@pytest.mark.parametrize(("method", "slow", "settings"), CASES)
def test_a_method_is_its_formula(method: str, slow: Slow, settings: dict[str, Any]) -> None:
    vectors, made = mixed(SKILLS, method, **settings)
    expected = slow([changes(each) for each in SKILLS], **settings)
    found = moved(vectors, made)
    assert found.keys() == expected.keys()
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_tall_gives_each_task_what_counts_for_it() -> None:
    vectors, made = mixed(SKILLS, "tall", threshold=0.4)
    taus = [changes(each) for each in SKILLS]
    held = entries(taus)
    assert moved(vectors, made) == pytest.approx({e: sum(values(taus, e)) for e in held})
    for number, part in enumerate(made.own):
        expected = [entry for entry in held if counting(taus, entry, 0.4)[number]]
        assert moved(vectors, part) == pytest.approx({e: sum(values(taus, e)) for e in expected})


def test_emr_elects_masks_and_rescales() -> None:
    vectors, made = mixed(SKILLS, "emr")
    taus = [changes(each) for each in SKILLS]
    unified = {}
    for entry in entries(taus):
        sign = 1 if sum(values(taus, entry)) > 0 else -1
        unified[entry] = sign * max(abs(x) for x in values(taus, entry) if x * sign > 0)
    assert moved(vectors, made) == pytest.approx(unified)
    for tau, part in zip(taus, made.own, strict=True):
        mask = [entry for entry in tau if tau[entry] * unified[entry] > 0]
        scale = sum(map(abs, tau.values())) / sum(abs(unified[entry]) for entry in mask)
        assert moved(vectors, part) == pytest.approx({e: scale * unified[e] for e in mask})


def test_dare_keeps_a_share_of_each_skill_and_rescales_it() -> None:
    wide = [skill(seed, share=0.9) for seed in range(40)]
    kept = held = 0
    for each in wide:
        vectors, made = mixed([each], "dare", keep=0.3)
        tau, found = changes(each), moved(vectors, made)
        assert found == pytest.approx({entry: tau[entry] / 0.3 for entry in found})
        kept, held = kept + len(found), held + len(tau)
    assert kept / held == pytest.approx(0.3, abs=0.05)


def test_della_keeps_the_large_of_a_row_rather_than_the_small() -> None:
    """Chances of ranks 0 to 4 of five: 0.2, 0.35, 0.5, 0.65, 0.8; over many draws, and exactly, by
    what each is divided by."""
    counts = [0] * 5
    row = torch.tensor([0.3, -0.1, 0.5, 0.2, -0.4])
    chance = dict(zip((1, 3, 0, 4, 2), (0.2, 0.35, 0.5, 0.65, 0.8), strict=True))
    only = skill(1, share=1.0)
    only.values["a.weight"] = (only.base["a.weight"].view(4, 5).double() + row).view(-1)
    tau = changes(only)
    for seed in range(100):
        vectors, made = mixed([only], "della", keep=0.5, window=0.6, seed=seed)
        found = {e: x for e, x in moved(vectors, made).items() if e[0] == "a.weight"}
        for (name, at), step in found.items():
            counts[at % 5] += 1
            assert step == pytest.approx(tau[name, at] / chance[at % 5])
    assert [count / 400 for count in counts] == pytest.approx(
        [chance[at] for at in range(5)], abs=0.08
    )


@pytest.mark.parametrize("method", ["dare", "della"])
def test_what_is_dropped_hangs_on_the_seed_and_the_skill_alone(method: str) -> None:
    settings = {"keep": 0.5, "seed": 1}
    vectors, made = mixed(SKILLS[:1], method, **settings)
    alone = moved(vectors, made)
    vectors, made = mixed(SKILLS, method, **settings)
    own = changes(SKILLS[0]).keys() - changes(SKILLS[1]).keys() - changes(SKILLS[2]).keys()
    assert own & alone.keys() == own & moved(vectors, made).keys()
    vectors, made = mixed(SKILLS[:1], method, keep=0.5, seed=2)
    assert alone.keys() != moved(vectors, made).keys()


WHOLE: dict[str, dict[str, Any]] = {
    "ties": {"keep": 1.0},
    "dare": {"keep": 1.0},
    "della": {"keep": 1.0, "window": 0.0},
    "breadcrumbs": {"keep": 1.0},
}
"""Settings under which a method leaves one skill as it is."""
NOT_ONE = {"pcb"}
"""Methods that do something to one skill alone, as their files say."""
ORDERED: set[str] = set()
"""Methods to which the order of skills counts."""


def same(left: Skill, right: Skill) -> bool:
    """The same weights with the same values, bit for bit."""
    return left.indices.keys() == right.indices.keys() and all(
        torch.equal(left.indices[name], right.indices[name])
        and torch.equal(left.values[name], right.values[name])
        and torch.equal(left.base[name], right.base[name])
        for name in left.indices
    )


@pytest.mark.parametrize("method", sorted(methods().keys() - NOT_ONE))
def test_one_skill_combined_is_that_skill(method: str) -> None:
    only = skill(5)
    assert same(combined([only], method, **WHOLE.get(method, {})), only)


def without(tensor: str, whole: Skill) -> Skill:
    """The skill as one that does not touch that tensor."""
    parts = (whole.indices, whole.values, whole.base)
    less = [{name: part[name] for name in part if name != tensor} for part in parts]
    return Skill(whole.info, *less)


@pytest.mark.parametrize("method", sorted(methods().keys() - ORDERED))
@pytest.mark.parametrize(
    "skills",
    [SKILLS, [without("a.bias", SKILLS[0]), without("a.weight", SKILLS[1]), SKILLS[2]]],
    ids=["of all tensors", "of some"],
)
def test_the_order_of_skills_does_not_count(method: str, skills: list[Skill]) -> None:
    first = combined(skills, method)
    assert all(same(combined(list(order), method), first) for order in permutations(skills))


@pytest.mark.parametrize("method", sorted(methods()))
def test_what_is_combined_twice_is_the_same(method: str) -> None:
    assert same(combined(SKILLS, method), combined(SKILLS, method))


def test_a_weight_that_only_one_skill_moves_has_its_value_whatever_the_numbers() -> None:
    """pre + (new - pre) is not new where the two are of very different size."""
    only = skill(6)
    only.values["a.weight"][:] = 1e-12
    assert same(combined([only], "union"), only)


def test_skills_of_different_bases_are_refused() -> None:
    other = skill(2)
    other.info.digests["a.weight"] = "another"
    with pytest.raises(SkillError, match="different bases"):
        combined([SKILLS[0], other], "union")


def test_a_skill_without_the_values_before_is_refused() -> None:
    old = skill(1)
    old.base.clear()
    with pytest.raises(SkillError, match="values before"):
        combined([old], "union")
