"""K shots, against the words of LM-BFF's procedure; readers, against files written here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import DataError
from engine.tasks.sampling import k_shot


def by_the_book(
    lines: list[Any], label_of: Callable[[Any], str], k: int, seed: int
) -> tuple[list[Any], list[Any]]:
    """REFERENCE.md, section 2, word for word."""
    kept = np.random.get_state()
    np.random.seed(seed)
    lines = list(lines)
    np.random.shuffle(lines)  # the raw lines without the header, as a list
    np.random.set_state(kept)
    groups: dict[str, list[Any]] = {}
    for line in lines:  # walk them in that order, grouping in order of first appearance
        label = label_of(line)
        if label not in groups:
            groups[label] = []
        groups[label].append(line)
    train, dev = [], []
    for label in groups:
        train += groups[label][:k]  # the first K of each group
    for label in groups:
        dev += groups[label][k : 2 * k]  # the next K
    return train, dev


@given(data=st.data(), k=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
def test_lines_and_rows_are_drawn_by_the_book(data: st.DataObject, k: int, seed: int) -> None:
    spare = data.draw(st.lists(st.sampled_from("abc"), max_size=40))
    labels = data.draw(st.permutations([*"abc" * (2 * k), *spare]))
    lines = [f"text {at}\t{label}" for at, label in enumerate(labels)]
    rows = [[label, f"text {at}"] for at, label in enumerate(labels)]
    of_line, of_row = (lambda line: line.split("\t")[1]), (lambda row: row[0])
    assert k_shot(lines, of_line, k, seed) == by_the_book(lines, of_line, k, seed)
    assert k_shot(rows, of_row, k, seed) == by_the_book(rows, of_row, k, seed)


def test_numpys_own_generator_is_left_alone() -> None:
    np.random.seed(5)
    expected = np.random.rand()
    np.random.seed(5)
    k_shot(["a", "b"], lambda _: "x", 1, 13)
    assert np.random.rand() == expected


def test_too_few_examples_are_named_with_numbers() -> None:
    lines = ["x\t0"] * 9 + ["y\t1"] * 20
    with pytest.raises(DataError) as caught:
        k_shot(lines, lambda line: line[2:], 5, 13)
    assert caught.value.message == (
        "task.k = 5 needs 10 examples a class (train and dev), but label '0' has 9"
    )
    assert "task.k to 4 or less" in caught.value.hint


@pytest.mark.shared
@pytest.mark.parametrize("seed", [13, 100])
def test_real_reviews_are_drawn_balanced(shared: Path, seed: int) -> None:
    from engine.contract.config import TaskConfig
    from engine.data import read_rows, spec_of

    original = shared / "data" / "lm-bff" / "original"
    task = TaskConfig(name="mr", data=str(original), k=16, data_seed=seed)
    splits = read_rows(task, spec_of(task))
    for half in (splits.train, splits.dev):
        assert sorted(row.label for row in half) == ["0"] * 16 + ["1"] * 16
    assert len({row.texts for row in splits.train + splits.dev}) == 64
    assert len(splits.test) == 2000
