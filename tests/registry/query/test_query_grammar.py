"""The grammar: what a text means, and where it is wrong."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftui.errors import UsageError
from graftui.registry.query import grammar
from graftui.registry.query.grammar import parse, parse_options, words
from graftui.registry.query.tree import (
    EVERYTHING,
    KEYWORDS,
    NOTHING,
    OPERATORS,
    And,
    Condition,
    Not,
    Or,
    Query,
    Word,
    written,
)
from tests.each import each


def is_(key: str, *values: str, op: str = "=") -> Condition:
    return Condition(key, op, values)


A, B, C = is_("tag", "a"), is_("tag", "b"), is_("tag", "c")
ALIKE = [
    ("", EVERYTHING),
    ("  ", EVERYTHING),
    ("roberta", Word("roberta")),
    ("roberta sst", And((Word("roberta"), Word("sst")))),
    ('"two words"', Word("two words")),
    ("tag=a", A),
    ("tag == a", A),
    ("tag =a", A),
    ("tag= a", A),
    ("tag=a and tag=b", And((A, B))),
    ("tag=a AND tag=b", And((A, B))),
    ("tag=a or tag=b and tag=c", Or((A, And((B, C))))),
    ("(tag=a or tag=b) and tag=c", And((Or((A, B)), C))),
    ("(tag=a or tag=b) tag=c", And((Or((A, B)), C))),
    ("((tag=a))", A),
    ("not tag=a", Not(A)),
    ("not not tag=a", Not(Not(A))),
    ("not (tag=a or tag=b)", Not(Or((A, B)))),
    ("not tag=a tag=b", And((Not(A), B))),
    ("tag=a and not tag=b", And((A, Not(B)))),
    ("tag in (a, b)", is_("tag", "a", "b")),
    ("tag IN(a,b)", is_("tag", "a", "b")),
    ("tag not in (a, b)", is_("tag", "a", "b", op="!=")),
    ('tag in ("a, b", c)', is_("tag", "a, b", "c")),
    ("kind in (learnt graft, base patch)", is_("kind", "learnt graft", "base patch")),
    ("tag in (a (b), c)", is_("tag", "a (b)", "c")),
    ("weights in (8505, 336)", is_("weights", "8505", "336")),
    ("tag != a", is_("tag", "a", op="!=")),
    ("name ~ a", is_("name", "a", op="~")),
    ("graft > 90", is_("graft", "90", op=">")),
    ("graft>90", is_("graft", "90", op=">")),
    ("graft >= 90 %", is_("graft", "90 %", op=">=")),
    ("graft >= 90 % film", And((is_("graft", "90 %", op=">="), Word("film")))),
    ("took > 3:05 min", is_("took", "3:05 min", op=">")),
    ("took > 3:05 film", And((is_("took", "3:05", op=">"), Word("film")))),
    ("created > 2026-01-02 12:00", is_("created", "2026-01-02 12:00", op=">")),
    ("weights >= 8,505", is_("weights", "8,505", op=">=")),
    ("ECE % < 5", is_("ECE %", "5", op="<")),
    ("of gain % > 50", is_("of gain %", "50", op=">")),
    ("film of gain > 50", And((Word("film"), is_("of gain", "50", op=">")))),
    ("train.lr >= 1e-3 film", And((is_("train.lr", "1e-3", op=">="), Word("film")))),
    ("status=failed film", And((is_("status", "failed"), Word("film")))),
    ('name="my run" film', And((is_("name", "my run"), Word("film")))),
    ("name='it is'", is_("name", "it is")),
    (r'name="a \"b\" \\c"', is_("name", r'a "b" \c')),
    ("name=it's", is_("name", "it's")),
    ("name=and", is_("name", "and")),
    ("note=", is_("note", "")),
    ("note= and tag=a", And((is_("note", ""), A))),
    ("(note=)", is_("note", "")),
    ("name~<b>", is_("name", "<b>", op="~")),
    ("name=a=b", is_("name", "a=b")),
    ("model.name=~/models/x", is_("model.name", "~/models/x")),
    ("name=sst-2-low", is_("name", "sst-2-low")),
    ("model=a(b)", is_("model", "a(b)")),
    ('"odd key" = 3', is_("odd key", "3")),
    ('"and"', Word("and")),
    ("not = 3", is_("not", "3")),
]
APART = [
    ("name=my run", And((is_("name", "my"), Word("run"))), is_("name", "my run")),
    ("kind = learnt graft", And((is_("kind", "learnt"), Word("graft"))),
     is_("kind", "learnt graft")),
    ("model=a (b)", And((is_("model", "a"), Word("b"))), is_("model", "a (b)")),
    ("film tag=a sst", And((Word("film"), A, Word("sst"))),
     And((Word("film"), is_("tag", "a sst")))),
    ("name=my  run, no (2) b", None, is_("name", "my  run, no (2) b")),
    ("name=my run and tag=a", And((is_("name", "my"), Word("run"), A)),
     And((is_("name", "my run"), A))),
    ("name=my run tag=a", And((is_("name", "my"), Word("run"), A)),
     And((is_("name", "my run"), A))),
    ("name=my run (tag=a or tag=b)", And((is_("name", "my"), Word("run"), Or((A, B)))),
     And((is_("name", "my run"), Or((A, B))))),
    ("name=it's; DROP TABLE runs", None, is_("name", "it's; DROP TABLE runs")),
]  # fmt: skip


def test_a_text_means_the_same_in_the_dashboard_and_in_an_option() -> None:
    for text, meant in ALIKE:
        assert parse(text) == meant, text
        assert parse(text, in_option=True) == meant, text


@each(("text", "box", "option"), APART)
def test_a_bare_value_of_an_option_goes_on(text: str, box: Query | None, option: Query) -> None:
    assert parse(text, in_option=True) == option
    if box is not None:
        assert parse(text) == box


def test_all_options_must_hold() -> None:
    assert parse_options(["tag=a or tag=b", "tag=c"]) == And((Or((A, B)), C))
    assert parse_options([]) == EVERYTHING


def test_search_reads_nothing_into_its_words() -> None:
    assert words("not (sst or x=1 -") == And(tuple(map(Word, ("not", "(sst", "or", "x=1"))))
    assert words(" ") == EVERYTHING
    assert words("- *") == NOTHING


@each(
    ("text", "at", "says"),
    [
        ("tag=a and", "           ^", "missing here"),
        ("and tag=a", "  ^", "missing here"),
        ("tag=a or or tag=b", "           ^", "missing here"),
        ("()", "   ^", "missing here"),
        ("not", "     ^", "missing here"),
        ("(tag=a or tag=b", "  ^", "not closed"),
        ("tag=a) tag=b", "       ^", "closes no parenthesis"),
        ("tag => 3", "      ^^", "'=>' is no operator"),
        ("tag=a and < 3", "            ^", "no key before"),
        ('name="my run', "       ^", "A quote is open"),
        ("tag in (a, b", "              ^", "list is not written right"),
        ("tag in ()", "          ^", "list is not written right"),
        ("tag in (a,, b)", "            ^", "list is not written right"),
        ("weights in (8,505, 3)", "              ^^^^^", "one number or several"),
        ("kind in graft", "       ^^", "stands between a key and a list"),
        ("kind = (a or b)", "         ^", "cannot begin with"),
        ("film - sst", "       ^", "no letter and no digit"),
        ("日本 => x", "       ^^", "is no operator"),
    ],
)
def test_an_error_points_at_its_place(text: str, at: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        parse(text)
    assert caught.value.excerpt == f"  {text}\n{at}"
    assert caught.value.hint


def test_a_long_text_is_shown_in_part() -> None:
    text = "tag=a and " * 40 + "\tfilm => 3" + " and tag=a" * 40
    with pytest.raises(UsageError) as caught:
        parse(text)
    shown, arrows = caught.value.excerpt.splitlines()
    assert max(len(shown), len(arrows)) < 110
    assert shown[arrows.index("^") :].startswith("=> 3")
    assert arrows.count("^") == 2
    assert r"\tfilm" in shown, "what would move the caret is visible"


@each(
    "text",
    [
        "(" * 1000 + "tag=a" + ")" * 1000,
        "not " * 2000 + "tag=a",
        "x" * 1_000_000,
        "tag=a " * 1000,
        "(" * 9_000,
        "(a " * 3_000,
        '"' * 9_999,
        "a(" * 4_000,
    ],
)
def test_what_is_beyond_use_is_refused(text: str) -> None:
    for in_option in (False, True):
        with pytest.raises(UsageError):
            parse(text, in_option)


def test_many_short_options_are_too_many() -> None:
    with pytest.raises(UsageError, match="more than 300"):
        parse_options(["tag=a"] * (grammar.MOST + 1))
    assert parse(f"id in ({', '.join(['k3f9qz'] * 1000)})")


# Trees and their text

_VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)
_KEYS = st.sampled_from(["tag", "train.lr", "of gain", "ECE %", "odd key", *KEYWORDS])
_WORDS = st.builds(Word, st.from_regex(r"[ab1 .'\"\\()-]*(and|b)[a ]*", fullmatch=True))
_CONDITIONS = st.one_of(
    st.builds(Condition, _KEYS, st.sampled_from(OPERATORS), st.tuples(_VALUES)),
    st.builds(
        Condition, _KEYS, st.sampled_from(["=", "!="]),
        st.lists(_VALUES, min_size=2, max_size=3).map(tuple),
    ),
)  # fmt: skip


def _joined(part: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    several = st.lists(part, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, part), st.builds(And, several), st.builds(Or, several))


TREES = st.recursive(st.one_of(_WORDS, _CONDITIONS), _joined, max_leaves=8)


@given(TREES, st.booleans())
def test_what_a_tree_is_written_as_means_that_tree(tree: Query, in_option: bool) -> None:
    assert parse(written(tree), in_option) == tree


@given(st.text(st.sampled_from("ab =<>!~()\"',%-\\\t1.") | st.sampled_from(" and or not in ")))
def test_any_text_is_a_query_or_an_error_in_words(text: str) -> None:
    for in_option in (False, True):
        with contextlib.suppress(UsageError):
            tree = parse(text, in_option)
            assert parse(written(tree)) == tree
