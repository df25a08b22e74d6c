"""What weights alone foretell of how skills will get on in one model.

Owns which measures a subset of skills has; each is in overlap.py, conflict.py or singular.py. A
measure of pairs is, of a larger subset, the mean over its pairs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from engine.analysis.conflict import conflicts, used_by
from engine.analysis.overlap import by_tensor, directed, jaccard, uniform
from engine.analysis.singular import Factors, factors, interference
from engine.graft.combining.vectors import Vectors, laid_out
from engine.graft.skill import Skill

MEASURES = (
    "jaccard", "directed", "beyond_chance", "sign_conflict", "sign_conflict_mass",
    "selfish", "shared", "catastrophic", "sti",
)  # fmt: skip
_OF_PAIRS = ("jaccard", "directed", "beyond_chance", "sign_conflict", "sign_conflict_mass")


Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Foretold:
    """Of one subset."""

    measures: dict[str, float] = field(default_factory=dict)
    """Of MEASURES those that it has; empty: of one skill."""
    layers: dict[str, float] = field(default_factory=dict)
    """Matrix -> its singular task interference."""
    pairs: list[dict[str, Any]] = field(default_factory=list)
    """Of each two of its skills, by their numbers."""


def foretell(
    skills: Sequence[Skill],
    subsets: Sequence[Sequence[int]],
    threshold: float,
    tell: Tell = lambda done, total: None,
) -> list[Foretold]:
    """Of each subset what its weights say; `threshold`: of TALL masks; `tell`: hears how many
    matrices of how many are done, may raise. Raises SkillError for skills of different bases."""
    layers = _layers(skills, [tuple(numbers) for numbers in subsets], tell)
    pairs: dict[tuple[int, ...], dict[str, Any]] = {
        pair: _pair(skills, pair) for pair in combinations(range(len(skills)), 2)
    }
    return [_of(skills, numbers, threshold, layers, pairs) for numbers in subsets]


def _of(
    skills: Sequence[Skill],
    numbers: Sequence[int],
    threshold: float,
    layers: Mapping[tuple[int, ...], dict[str, float]],
    known: Mapping[tuple[int, ...], dict[str, Any]],
) -> Foretold:
    if len(numbers) < 2:
        return Foretold()
    pairs = [known[pair] for pair in combinations(numbers, 2)]
    own = layers[tuple(numbers)]
    measures = {name: _mean([pair[name] for pair in pairs]) for name in _OF_PAIRS}
    measures |= used_by(laid_out([skills[number] for number in numbers]), threshold)
    return Foretold(measures | {"sti": sum(own.values())}, own, pairs)


def _pair(skills: Sequence[Skill], pair: tuple[int, int]) -> dict[str, Any]:
    vectors = laid_out([skills[number] for number in pair])
    shared = _overlap(vectors, _maskable([skills[number] for number in pair]))
    return {"skills": list(pair), **shared, **conflicts(vectors, 0, 1)}


def _overlap(vectors: Vectors, maskable: Mapping[str, int]) -> dict[str, Any]:
    """Of two skills, against both nulls; `maskable`: weights of each maskable tensor."""
    counts = {
        stretch.name: vectors.held[:, stretch.span].sum(1).tolist() for stretch in vectors.stretches
    }
    shared = int((vectors.held[0] & vectors.held[1]).sum())
    left, right = (int(row.sum()) for row in vectors.held)
    chance = uniform(shared, left, right, max(sum(maskable.values()), left, right))
    told = {
        "overlap": shared,
        "jaccard": jaccard(left, right, shared),
        "each_way": [directed(shared, right), directed(shared, left)],
        "directed": (directed(shared, right) + directed(shared, left)) / 2,
        "chance": chance.expected,
        "beyond_chance": chance.times(shared) if chance.expected else 0.0,
        "tail": chance.tail,
    }
    if counts.keys() <= maskable.keys():
        sizes = [maskable[name] for name in counts]
        first, second = ([count[row] for count in counts.values()] for row in (0, 1))
        stricter = by_tensor(shared, first, second, sizes)
        told |= {"chance_by_tensor": stricter.expected, "tail_by_tensor": stricter.tail}
    return told


def _maskable(skills: Sequence[Skill]) -> dict[str, int]:
    """Weights of each maskable tensor; of older files, which do not say, those of all together."""
    sizes = {name: size for skill in skills for name, size in skill.info.tensors.items()}
    return sizes or {"": max(skill.info.maskable for skill in skills)}


def _layers(
    skills: Sequence[Skill], subsets: Sequence[tuple[int, ...]], tell: Tell
) -> dict[tuple[int, ...], dict[str, float]]:
    """Subset -> matrix -> STI, of the matrices that two of its skills change."""
    known: dict[tuple[int, ...], dict[str, float]] = {numbers: {} for numbers in subsets}
    vectors = laid_out(skills)
    total = sum(len(stretch.shape) == 2 for stretch in vectors.stretches)
    for done, (name, parts) in enumerate(_matrices(vectors), 1):
        tell(done, total)
        for numbers in subsets:
            changed = [parts[number] for number in numbers if len(parts[number].sizes)]
            if len(changed) > 1:
                known[numbers][name] = interference(changed)
    return known


def _matrices(vectors: Vectors) -> Iterator[tuple[str, list[Factors]]]:
    """Each matrix with the factors of what each skill makes of it."""
    for stretch in vectors.stretches:
        if len(stretch.shape) == 2:
            index = vectors.index[stretch.span]
            rows = vectors.tau[:, stretch.span]
            yield stretch.name, [factors(index, row, stretch.shape[1]) for row in rows]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
