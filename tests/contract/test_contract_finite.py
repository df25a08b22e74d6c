"""JSON for numbers that JSON does not have."""

import json
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.contract.finite import SAYS, dumps, finite, lines

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def refuse(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


@given(VALUES)
def test_it_is_json_whatever_the_numbers(value: Any) -> None:
    assert json.loads(dumps(value), parse_constant=refuse) == finite(value)


@given(st.dictionaries(st.text().filter(lambda key: key != SAYS), st.floats()))
def test_each_lost_number_is_named(value: dict[str, float]) -> None:
    read = json.loads(dumps(value))
    said = read.pop(SAYS, {})
    assert set(said) == {key for key, number in value.items() if not math.isfinite(number)}
    for key, number in value.items():
        kept = float(said[key]) if key in said else read[key]
        assert kept == number or (math.isnan(kept) and math.isnan(number))


def test_finite_values_stay_as_they_are() -> None:
    value = {"a": [1, 2.5, {"b": "nan"}], "c": (True, None)}
    assert json.loads(dumps(value)) == {"a": [1, 2.5, {"b": "nan"}], "c": [True, None]}


def test_a_list_says_which_entry() -> None:
    assert finite({"loss": (0.5, math.nan)}) == {
        "loss": [0.5, None], SAYS: {"loss": [None, "nan"]}
    }  # fmt: skip


def test_a_line_a_value() -> None:
    assert [json.loads(line) for line in lines([{"a": math.inf}, 1]).splitlines()] == [
        {"a": None, SAYS: {"a": "inf"}}, 1
    ]  # fmt: skip
