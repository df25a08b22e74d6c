"""docs/queries.md says what the parser does."""

import re
from pathlib import Path

import pytest

from graftui.errors import UsageError
from graftui.registry.query import grammar, keys
from graftui.registry.query.grammar import parse
from graftui.registry.store import Store
from tests.each import each

PAGE = (Path(__file__).parents[3] / "docs" / "queries.md").read_text()
EXAMPLES = re.findall(r"^\| `(.+?)` +\|", PAGE, re.MULTILINE)


def test_it_has_the_grammar_of_the_parser() -> None:
    (block,) = re.findall(r"```\n(query .*?)```", PAGE, re.DOTALL)
    lines = [line.strip() for line in block.strip().splitlines()]
    assert lines == [
        line.strip() for line in (grammar.__doc__ or "").splitlines()[2:][: len(lines)]
    ]


@each("text", EXAMPLES)
def test_each_example_is_a_query_anywhere(text: str, store: Store) -> None:
    assert store.list(where=parse(text)) == []
    assert parse(text, in_option=True) == parse(text)


def test_it_has_every_key() -> None:
    told = set(re.findall(r"`([^`]+)`", PAGE.partition("## Keys")[2].partition("## Grammar")[0]))
    assert set(keys.KEYS) <= told


def test_its_error_is_the_one_that_is_said(store: Store) -> None:
    (shown,) = re.findall(r"```\nError: (.*?)\.\.\.\n```", PAGE, re.DOTALL)
    with pytest.raises(UsageError) as caught:
        store.list(where=parse("kind=graft and grafts > 90"))
    error = caught.value
    assert f"{error.message}\n{error.excerpt}\n{error.hint}".startswith(shown.rstrip())
