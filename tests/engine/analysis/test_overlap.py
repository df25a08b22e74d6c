"""Both nulls of an overlap: against every region there is, and against scipy."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats

from engine.analysis import overlap


def test_the_uniform_null_is_all_regions_of_that_size() -> None:
    first = {0, 1, 2, 5}
    shared = [len(first & set(region)) for region in combinations(range(9), 3)]
    for k in range(5):
        null = overlap.uniform(k, 4, 3, 9)
        assert null.expected == pytest.approx(np.mean(shared))
        assert null.std == pytest.approx(np.std(shared))
        assert null.tail == pytest.approx(np.mean([n >= k for n in shared]))
        assert null.exact


def test_by_tensor_each_keeps_its_count() -> None:
    """Of all ways to draw 2 of 5, 1 of 3, 2 of 4 and none of 2, against one fixed region."""
    fixed = ({0, 1}, {2}, {0, 1, 3}, {1})
    ways = [list(combinations(range(size), n)) for size, n in ((5, 2), (3, 1), (4, 2), (2, 0))]
    shared = [
        sum(len(own & set(drawn)) for own, drawn in zip(fixed, region, strict=True))
        for region in product(*ways)
    ]
    for k in range(6):
        null = overlap.by_tensor(k, [2, 1, 3, 1], [2, 1, 2, 0], [5, 3, 4, 2])
        assert null.expected == pytest.approx(np.mean(shared))
        assert null.std == pytest.approx(np.std(shared))
        assert null.tail == pytest.approx(np.mean([n >= k for n in shared]))


def test_regions_that_like_the_same_tensors_share_more_than_uniform_chance_alone() -> None:
    """What two regions in one small tensor share is much for all weights, and nothing for it."""
    uniform = overlap.uniform(25, 50, 50, 10_000)
    strict = overlap.by_tensor(25, [50, 0], [50, 0], [100, 9_900])
    assert uniform.tail < 1e-20
    assert uniform.tail == pytest.approx(stats.hypergeom.sf(24, 10_000, 50, 50))
    assert strict.tail > 0.5
    assert strict.times(25) == pytest.approx(1)


def test_the_normal_tail_is_near_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = ([40, 30, 20], [35, 30, 60], [400, 300, 500])
    exact = [overlap.by_tensor(k, *counts) for k in range(5, 16)]
    assert all(null.exact for null in exact)
    monkeypatch.setattr(overlap, "_MOST_PRODUCTS", 0)
    near = [overlap.by_tensor(k, *counts) for k in range(5, 16)]
    assert not any(null.exact for null in near)
    assert [null.tail for null in near] == pytest.approx([n.tail for n in exact], abs=0.02)


@pytest.mark.parametrize(("first", "second", "size"), [(90, 70, 100), (4, 7, 590_000), (9, 0, 9)])
def test_one_tensors_distribution_is_scipys(first: int, second: int, size: int) -> None:
    masses = stats.hypergeom.pmf(np.arange(min(first, second) + 1), size, first, second)
    assert overlap._masses(first, second, size) == pytest.approx(masses, rel=1e-9, abs=1e-300)


def test_what_cannot_be_is_refused_and_nothing_is_shared_by_nothing() -> None:
    with pytest.raises(ValueError, match="more weights"):
        overlap.uniform(1, 5, 1, 4)
    with pytest.raises(ValueError, match="at least 0"):
        overlap.by_tensor(0, [1], [1, 2], [3])
    assert overlap.uniform(0, 0, 5, 9).tail == 1
    assert np.isnan(overlap.uniform(0, 0, 5, 9).times(0))
    assert overlap.jaccard(0, 0, 0) == overlap.directed(0, 0) == 0
    assert overlap.jaccard(3, 4, 2) == pytest.approx(2 / 5)
    assert overlap.directed(2, 4) == 0.5
