"""A table of cases goes through all of them, and a failure names its own."""

import pytest

from tests.each import each


def test_every_case_is_gone_through(tmp_path: object) -> None:
    seen = []

    @each("a", [1, 2])
    @each(("b", "c"), [(3, 4), (5, 6)])
    def case(a: int, b: int, c: int, there: object) -> None:
        assert there is tmp_path
        seen.append((a, b, c))

    case(there=tmp_path)
    assert seen == [(1, 3, 4), (1, 5, 6), (2, 3, 4), (2, 5, 6)]


@pytest.mark.parametrize("fails", [AssertionError, pytest.fail.Exception])
def test_a_case_that_fails_is_named(fails: type[BaseException]) -> None:
    @each("a", [1, 2])
    def case(a: int) -> None:
        if a == 2:
            raise fails("so")

    with pytest.raises(fails) as caught:
        case()
    assert caught.value.__notes__ == ["in the case {'a': 2}"]


@each("number", range(3))
@each("word", ["x", "y"])
def test_pytest_takes_what_is_left_for_fixtures(request: object, number: int, word: str) -> None:
    assert hasattr(request, "node")
    assert number < len("xyz")
    assert word in "xy"
