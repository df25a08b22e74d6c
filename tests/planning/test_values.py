"""Values as they are typed and shown: a table for every type, and back again for any value."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract import schema
from engine.contract.kinds import kinds
from graftui.planning.values import read, written
from graftui.text import visible
from tests.each import each

SETTINGS = {s.path: s for kind in kinds() for s in schema.settings(kind)}
TYPED: list[tuple[str, str, Any]] = [
    ("model.name", "roberta-base", "roberta-base"),
    ("model.name", "2024", "2024"),
    ("model.name", "true", "true"),
    ("model.name", "1e-3", "1e-3"),
    ("model.name", "[x]", "[x]"),
    ("model.name", "{a = 1}", "{a = 1}"),
    ("model.name", "a=b", "a=b"),
    ("model.name", "", ""),
    ("model.name", "'x y'", "x y"),
    ("model.name", '"2024"', "2024"),
    ("model.name", "'2024' # mine", "'2024' # mine"),
    ("model.name", "'a' or 'b'", "'a' or 'b'"),
    ("model.name", 'x"\n[graft]\ny = "', 'x"\n[graft]\ny = "'),
    ("task.prompt", r'"*cls*\n*cls*"', "*cls*\n*cls*"),
    ("task.prompt", r"*cls*\n", r"*cls*\n"),
    ("task.prompt", r'"\d"', r'"\d"'),
    ("task.prompt", "'''it's'''", "it's"),
    ("task.prompt", "it's", "it's"),
    ("task.prompt", "Es war *mask* – schön 電", "Es war *mask* – schön 電"),
    ("train.optimizer", "adamw", "adamw"),
    ("graft.learn", "no", False),
    ("graft.learn", "yes", True),
    ("graft.learn", "false", False),
    ("graft.learn", "True", True),
    ("train.steps", "1000", 1000),
    ("train.steps", " 1_000 ", 1000),
    ("train.steps", "0x10", 16),
    ("train.seed", "9" * 40, int("9" * 40)),
    ("train.lr", "1e-3", 1e-3),
    ("train.lr", "-1", -1),
    ("train.clip", "1", 1),
    ("graft.sparsity", "1e-4", 1e-4),
    ("graft.sparsity", "500", 500),
    ("graft.sparsity", "1", 1),
    ("graft.sparsity", "1.0", 1.0),
    ("graft.sparsities", "[1e-4, 1e-3]", [1e-4, 1e-3]),
    ("graft.sparsities", "1e-4,1e-3", [1e-4, 1e-3]),
    ("graft.sparsities", "1e-4 1e-3", [1e-4, 1e-3]),
    ("graft.sparsities", "[1e-4, 50,]", [1e-4, 50]),
    ("graft.sparsities", "0.1", [0.1]),
    ("graft.sparsities", "[]", []),
    ("graft.sparsities", "", []),
    ("task.also_test", "[mr]", ["mr"]),
    ("task.also_test", '["mr"]', ["mr"]),
    ("task.also_test", "mr", ["mr"]),
    ("task.also_test", "mr, 'cr'", ["mr", "cr"]),
    ("task.also_test", "[2024, true]", ["2024", "true"]),
    ("task.also_test", "MNLI-letters MNLI-facetoface", ["MNLI-letters", "MNLI-facetoface"]),
    ("evaluate.alphas", "0, 0.5,1", [0, 0.5, 1]),
    ("region.layers", "[0, 2]", [0, 2]),
    ("task.label_words", "{'0':'bad','1':'good'}", {"0": "bad", "1": "good"}),
    ("task.label_words", '{0 = "bad", 1 = "good"}', {"0": "bad", "1": "good"}),
    ("task.label_words", '{"0": "isn\'t", "1": "is"}', {"0": "isn't", "1": "is"}),
    ("task.label_words", "0 = bad, 1 = not bad", {"0": "bad", "1": "not bad"}),
    ("task.label_words", "0=false, 1=3", {"0": "false", "1": "3"}),
    ("task.label_words", "0 = :), 1 = it's", {"0": ":)", "1": "it's"}),
    ("task.label_words", "not entailment = No", {"not entailment": "No"}),
    ("task.label_words", r'0 = "a, b", 1 = "\u00e9"', {"0": "a, b", "1": "é"}),
    ("task.label_words", "{}", {}),
    ("task.label_words", "", {}),
]
REFUSED = [
    ("graft.learn", "maybe", "yes or no"),
    ("graft.learn", "1", "yes or no"),
    ("graft.learn", "", "yes or no"),
    ("train.steps", "1e3", "a valid integer"),
    ("train.steps", "8.0", "a valid integer"),
    ("train.steps", "many", "a valid integer"),
    ("train.steps", "", "a valid integer"),
    ("train.steps", "١٢", "a valid integer"),
    ("train.steps", "9" * 5000, "a valid integer"),
    ("train.lr", "fast", "a valid number"),
    ("train.lr", "nan", "a valid number"),
    ("train.lr", "1e999", "a valid number"),
    ("train.lr", "'1e-3'", "a valid number"),
    ("train.lr", "true", "a valid number"),
    ("train.lr", "[" * 5000, "a valid number"),
    ("graft.sparsity", "0.01 %", "a count"),
    ("graft.sparsities", "1e-4;1e-3", "[1e-4, 1e-3]"),
    ("graft.sparsities", "[1e-4, 1e-3", "[1e-4, 1e-3]"),
    ("graft.sparsities", "[[1e-4]]", "[1e-4, 1e-3]"),
    ("graft.sparsities", "['1e-4']", "[1e-4, 1e-3]"),
    ("graft.sparsities", "1e-4,,1e-3", "[1e-4, 1e-3]"),
    ("task.also_test", '["mr" "cr', '["one", "two"]'),
    ("task.also_test", r'["\d"]', '["one", "two"]'),
    ("task.also_test", "[{a=1}]", '["one", "two"]'),
    ("evaluate.alphas", "half", "a list of numbers"),
    ("region.layers", "[0.5]", "a list of numbers"),
    ("task.label_words", "bad, good", "0 = bad, 1 = good"),
    ("task.label_words", "0 = bad, 0 = good", "0 = bad, 1 = good"),
    ("task.label_words", "0 = 'bad", "0 = bad, 1 = good"),
    ("task.label_words", "{" * 5000, "0 = bad, 1 = good"),
    ("task.label_words", "-" * 100_000 + "1", "0 = bad, 1 = good"),
]


def test_what_is_typed_is_what_it_looks_like() -> None:
    for path, text, value in TYPED:
        got = read(SETTINGS[path], text)
        assert (got, repr(got)) == (value, repr(value)), "1 is a count, 1.0 a fraction"


def test_or_it_is_refused_with_what_it_should_be() -> None:
    for path, text, should in REFUSED:
        with pytest.raises(ValueError, match="^should be ") as refusal:
            read(SETTINGS[path], text)
        assert should in str(refusal.value), (path, text)


def test_every_type_of_setting_is_in_the_table() -> None:
    there = {(s.type, s.items) for s in SETTINGS.values()}
    assert {(SETTINGS[p].type, SETTINGS[p].items) for p, _, _ in TYPED} == there
    assert {(SETTINGS[p].type, SETTINGS[p].items) for p, _, _ in REFUSED} == there - {("text", "")}


WORDS = st.text() | st.sampled_from(
    [
        "'a'",
        '"a"',
        "a, b",
        "a = b",
        "a: b",
        "{a}",
        "[a]",
        "",
        " ",
        "it's",
        "\\n",
        "'''a'''",
        '""',
        "#",
    ]
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = {
    "text": WORDS,
    "integer": st.integers(),
    "number": FLOATS,
    "fraction or count": FLOATS | st.integers(),
    "yes/no": st.booleans(),
    "table": st.dictionaries(WORDS, WORDS),
}


@given(st.data())
def test_a_value_that_is_shown_and_typed_again_is_the_same(data: st.DataObject) -> None:
    setting = data.draw(st.sampled_from(list(SETTINGS.values())))
    of_type = st.lists(VALUES[setting.items]) if setting.items else VALUES[setting.type]
    value = data.draw(of_type)
    text = written(value)
    assert visible(text) == text, "nothing is lost in showing it"
    assert text == text.strip(), "a form cuts spaces off"
    again = read(setting, text)
    assert again == value
    assert repr(again) == repr(value) or setting.type == "number", "-0 is 0"


def test_a_default_is_shown_as_it_can_be_typed() -> None:
    for path, setting in SETTINGS.items():
        default = list(setting.default) if isinstance(setting.default, tuple) else setting.default
        assert read(setting, written(default)) == default, path


@each(
    ("value", "text"),
    [(1e-4, "0.0001"), (1e-5, "1e-5"), (1e7, "1e7"), (123456.789, "123456.789"), (1.0, "1.0"),
     (0.1 + 0.2, "0.30000000000000004"), (True, "yes"), (None, ""), ((1e-3, 50), "0.001, 50"),
     ({"0": "bad", "1": "a, b"}, '0 = bad, 1 = "a, b"'), ("a\nb", r'"a\nb"'), (" x", '" x"')],
)  # fmt: skip
def test_values_are_short_and_exact(value: Any, text: str) -> None:
    assert written(value) == text
