"""Overlap of skills: every cell against the sets themselves."""

import random
from itertools import combinations

import pytest

from engine.contract.questions.skills import SkillPair, SkillSize, SkillsShared
from graftui.results.overlaps import Measure, overlap

P = 1000


def shared(masks: list[set[int]], tail: float = 0.5) -> SkillsShared:
    """What the engine says of masks over P weights."""
    return SkillsShared(
        skills=tuple(
            SkillSize(path=f"{n}", task="t", weights=len(m), share=100 * len(m) / P)
            for n, m in enumerate(masks)
        ),
        pairs=tuple(
            SkillPair(first=i, second=j, overlap=len(a & b), jaccard=len(a & b) / len(a | b),
                      expected=len(a) * len(b) / P, agree=0, p=0.5, exact=True,
                      expected_by_tensor=2 * len(a) * len(b) / P, p_by_tensor=tail)
            for (i, a), (j, b) in combinations(enumerate(masks), 2)
        ),
        all=0, all_share=0, any=0, any_share=0,
    )  # fmt: skip


def test_every_cell_is_what_the_sets_say() -> None:
    drawn = random.Random(3)
    masks = [set(drawn.sample(range(P), size)) for size in (400, 300, 20)]
    oracle = {
        Measure.jaccard: lambda a, b: len(a & b) / len(a | b),
        Measure.directed: lambda a, b: len(a & b) / len(b),
        Measure.chance: lambda a, b: len(a & b) / (len(a) * len(b) / P),
        Measure.tensors: lambda a, b: len(a & b) / (2 * len(a) * len(b) / P),
    }
    for measure, of in oracle.items():
        table = overlap(shared(masks), ["a", "b", "c"], measure)
        (section,) = table.sections
        for row, a in zip(section.rows, masks, strict=True):
            alone = [None] if measure.against_chance else []
            expected = [alone[0] if alone and a is b else of(a, b) for b in masks]
            assert [cell.value for cell in row.cells[:-1]] == pytest.approx(expected)
            assert row.cells[-1].value == len(a)
        values = [[cell.value for cell in row.cells[:-1]] for row in section.rows]
        transposed = [list(column) for column in zip(*values, strict=True)]
        assert (transposed == values) == (measure is not Measure.directed)


def test_shades_are_of_what_differs_and_nothing_is_no_shade() -> None:
    table = overlap(shared([{1, 2}, {2, 3}, {9}]), ["a", "b", "c"], Measure.jaccard)
    levels = [[cell.level for cell in row.cells[:-1]] for row in table.sections[0].rows]
    assert levels == [[4, 4, 0], [4, 4, 0], [0, 0, 4]]
    empty = overlap(shared([{1}, {2}]), ["a", "b"], Measure.chance)
    assert empty.sections[0].rows[0].cells[1].level == 0


def test_what_chance_hardly_explains_has_a_star() -> None:
    masks = [{1, 2}, {2, 3}]
    rare, usual = (overlap(shared(masks, tail), ["a", "b"], Measure.tensors) for tail in (1e-9, 1))
    assert [cell.text for cell in rare.sections[0].rows[0].cells] == ["–", "125x*", "2"]
    assert usual.sections[0].rows[1].cells[0].text == "125x"
    assert "tail" in rare.notes[1]
    six = [{1, 2}, {2, 3}, {3, 4}, {4, 5}]
    many = overlap(shared(six, 8e-4), ["a", "b", "c", "d"], Measure.tensors)
    texts = [cell.text for row in many.sections[0].rows for cell in row.cells]
    assert not any("*" in text for text in texts), "six pairs at once are so rare more often"
    assert (
        "*"
        in overlap(shared(masks, 8e-4), ["a", "b"], Measure.tensors)
        .sections[0]
        .rows[0]
        .cells[1]
        .text
    )
