"""What is offered while a query is typed; what is taken makes a query that the grammar reads."""

from collections.abc import Iterator

import pytest

from graftui.registry.query.at_cursor import at_cursor, settled
from graftui.registry.query.completing import MOST, completed
from graftui.registry.query.grammar import parse
from graftui.registry.query.tree import Condition, leaves
from graftui.registry.query.vocabulary import Vocabulary
from graftui.registry.store import Store
from tests.each import each
from tests.tui import world


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    settings = world.place(tmp_path_factory.mktemp("world"))
    world.everything(settings)
    world.add(settings, "odd", world.config(), tags=("two words", 'a "quote"', "in"))
    with Store.open(settings.db) as opened:
        yield opened


def titles(store: Store, line: str, cursor: int | None = None) -> list[str]:
    cursor = len(line) if cursor is None else cursor
    return [offer.title for offer in completed(line, cursor, Vocabulary(store.db)).offers]


@each(
    ("line", "begun", "key", "is_value"),
    [
        ("", "", "", False),
        ("sta", "sta", "", False),
        ("status=", "", "status", True),
        ("status = fai", "fai", "status", True),
        ("status!=fai", "fai", "status", True),
        ("x (status=fai", "fai", "status", True),
        ("not sta", "sta", "", False),
        ("status in (failed, lo", "lo", "status", True),
        ("status in (failed, lost) ta", "ta", "", False),
        ("status not in (", "", "status", True),
        ('tag="two w', "two w", "tag", True),
        ('"of gain" ', "", "of gain", False),
        ("of gain ", "", "of gain", False),
        ("of gain >", "", "of gain", True),
        ("train.lr ", "", "train.lr", False),
        ("a=b c", "c", "", False),
        ("name=a(b)c tag=", "", "tag", True),
        ("=", "", "", False),
        (")", "", "", False),
        ("a != ", "", "a", True),
    ],
)
def test_where_the_cursor_is(line: str, begun: str, key: str, is_value: bool) -> None:
    at = at_cursor(line, len(line))
    assert (at.begun, at.key, at.is_value) == (begun, key, is_value)
    assert line[at.start :].lstrip("\"'") == begun


def test_what_stands_behind_the_cursor_is_replaced_up_to_the_next_sign() -> None:
    at = at_cursor("stxx=failed", 2)
    assert (at.start, at.end, at.begun) == (0, 4, "st")


@each(
    ("line", "offered"),
    [
        ("status=", "failed"),
        ("sta", "status"),
        ("tra", "train.lr"),
        ("fail", "status=failed"),
        ("SST", "task=SST-2"),
        ("task=", "pocket-topic"),
        ("tag=l", "lr"),
        ("train.lr=", "0.05"),
        ("model=", "distilbert-mlm"),
        ("graft.localizer=", "learnt"),
        ("kind=", "finetune"),
        ("graft ", ">="),
        ("learnt_", "learnt_graft"),
    ],
)
def test_what_is_offered(store: Store, line: str, offered: str) -> None:
    assert offered in titles(store, line)


def test_values_say_how_many_runs_have_them(store: Store) -> None:
    offers = completed("tag=", 4, Vocabulary(store.db)).offers
    assert {offer.title: offer.runs for offer in offers}["lr"] == 2
    statuses = completed("status=", 7, Vocabulary(store.db)).offers
    assert {offer.title: offer.runs for offer in statuses}["queued"] == 2


@each("line", ["", "s", "status=", "tag=", "tag in (lr, ", "not (kind=", "graft ", "fai", "of"])
def test_what_is_taken_is_read_as_it_was_meant(store: Store, line: str) -> None:
    offers = completed(line, len(line), Vocabulary(store.db))
    assert offers.offers
    for offer in offers.offers:
        taken, cursor = offers.taken(offer)
        assert cursor == len(taken)
        whole = taken + {"=": "1", " ": "", ")": ""}.get(taken[-1:], "")
        if "(" in line:
            whole += ")"
        if offer.title in line or at_cursor(line, len(line)).is_value:
            conditions = [leaf for leaf in leaves(parse(whole)) if isinstance(leaf, Condition)]
            assert offer.title in conditions[-1].values


def test_a_figure_has_no_values_to_choose_from(store: Store) -> None:
    assert titles(store, "graft=") == titles(store, "created > ") == titles(store, "nokey=") == []


def test_there_are_not_too_many(store: Store) -> None:
    assert len(titles(store, "a")) == MOST


@each("cursor", range(30))
def test_nothing_that_is_typed_breaks_it(store: Store, cursor: int) -> None:
    for line in (
        "((a=b in (\"c, d) 'e)(=!=<>~,",
        'in in ( not = ( ) , "\\" \'x',
        "a in (b,,,(c)) d",
    ):
        completed(line, cursor, Vocabulary(store.db))


@each(
    ("line", "kept"),
    [
        ("sta", ""),
        ("kind=graft sta", "kind=graft"),
        ("train.l", ""),
        ("sst2", "sst2"),
        ("sta ", "sta "),
        ("kind=gra", "kind=gra"),
        ('"sta', '"sta'),
        ("", ""),
    ],
)
def test_a_word_that_may_become_a_key_is_not_looked_for_yet(line: str, kept: str) -> None:
    assert settled(line, len(line)) == kept
