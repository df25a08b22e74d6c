"""K shots, against the words of LM-BFF's procedure."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.tasks.sampling import k_shot


def by_the_book(
    lines: list[Any], label_of: Callable[[Any], str], k: int, seed: int, times: int
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
        dev += groups[label][k : k + times * k]  # the next K, or 10 K
    return train, dev


@given(
    data=st.data(),
    k=st.integers(1, 5),
    seed=st.integers(0, 2**32 - 1),
    times=st.sampled_from([1, 10]),
)
def test_lines_and_rows_are_drawn_by_the_book(
    data: st.DataObject, k: int, seed: int, times: int
) -> None:
    spare = data.draw(st.lists(st.sampled_from("abc"), max_size=40))
    labels = data.draw(st.permutations([*"abc" * data.draw(st.integers(0, 2 * k)), *spare]))
    lines = [f"text {at}\t{label}" for at, label in enumerate(labels)]
    rows = [[label, f"text {at}"] for at, label in enumerate(labels)]
    of_line, of_row = (lambda line: line.split("\t")[1]), (lambda row: row[0])
    for records, label_of in ((lines, of_line), (rows, of_row)):
        found = k_shot(records, label_of, k, seed, times)
        assert (found.train, found.dev) == by_the_book(records, label_of, k, seed, times)
        counts = Counter(labels)
        assert found.short == {n: c for n, c in counts.items() if c < k + times * k}


def test_numpys_own_generator_is_left_alone() -> None:
    np.random.seed(5)
    expected = np.random.rand()
    np.random.seed(5)
    k_shot(["a", "b"], lambda _: "x", 1, 13)
    assert np.random.rand() == expected


def test_a_record_of_no_class_takes_part_in_the_shuffle_alone() -> None:
    lines = [f"{at}\t{at % 2}" if at % 5 else "broken" for at in range(20)]

    def label_of(line: str) -> str | None:
        return line.partition("\t")[2] or None

    found = k_shot(lines, label_of, 3, 13)
    train, dev = by_the_book(lines, lambda line: label_of(line) or "none", 3, 13, 1)
    assert found.train == [line for line in train if line != "broken"]
    assert found.dev == [line for line in dev if line != "broken"]
