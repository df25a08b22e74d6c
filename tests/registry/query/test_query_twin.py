"""SQL and its Python twin say the same: of any query about any runs."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.contract.kinds.finetune import TrainConfig
from engine.contract.sections import ModelConfig, TaskConfig
from graftui.errors import UsageError
from graftui.models import Input, Run, RunReason, RunStatus
from graftui.registry.query import expressions, keys, sql, twin
from graftui.registry.query.expressions import Row
from graftui.registry.query.keys import KEYS
from graftui.registry.query.tree import OPERATORS, ORDER, And, Condition, Not, Or, Query, Word
from graftui.registry.rows import numbers
from graftui.registry.store import Store
from tests.registry.registry_rows import make

NOW = 1.8e9
"""The time of both: what is asked takes a while, and ages go on."""
NAMES = ("sst-low", "SST high", "100", "Größe", "a (b)", "1.0", "")
NUMBERS = (0.0, 1e-05, 0.001, 0.0625, 0.5, 0.8125, 0.9349, 0.93501, 1.0, 16.0, 336.0, 8505.0)
_NUMBER = st.sampled_from((*NUMBERS, float("nan"), float("inf"), -0.5))
_FIGURES = ("accuracy", "learnt_graft", "base_patch", "finetuned", "pretrained", "recovery",
            "weights", "loss", "dev", 'odd "figure"')  # fmt: skip
_SCORES = st.dictionaries(st.sampled_from(("accuracy", "loss", "weights", "ece", "f1")), _NUMBER)


_INPUTS = (Input("finetuned", "aaaaaa"), Input("mask", "bbbbbb"), Input("model", "/models/x"))


@st.composite
def runs(draw: st.DrawFn) -> tuple[Run, list[tuple[Any, ...]]]:
    """A run, and the scores that were measured of it: subject, stage, split, labels, scores."""
    some = partial(draw)
    kind = some(st.sampled_from(["finetune", "graft"]))
    started = some(st.none() | st.sampled_from([1000.0, 2000.5]))
    given: dict[str, Any] = {
        "name": some(st.sampled_from(NAMES)), "note": some(st.sampled_from(["", "good, KEEP"])),
        "status": some(st.sampled_from(list(RunStatus))), "recipe": some(st.sampled_from(NAMES)),
        "reason": some(st.none() | st.sampled_from(list(RunReason))),
        "tags": tuple(some(st.lists(st.sampled_from(["x", "Über", "a\tб"]), max_size=2))),
        "inputs": tuple(some(st.lists(st.sampled_from(_INPUTS), max_size=2, unique=True))),
        "started_at": started,
        "ended_at": started and some(st.none() | st.sampled_from([1012.0, 2185.9, 999.0])),
        "heard_at": some(st.none() | st.just(1500.25)), "step": some(st.sampled_from([0, 3])),
        "total": some(st.sampled_from([0, 4])), "done": some(st.none() | st.just(0.29)),
        "created_at": NOW - some(st.sampled_from([30.5, 7200.5, 250_000.5])),
        "summary": some(st.dictionaries(st.sampled_from(_FIGURES), _NUMBER)),
        "device": some(st.sampled_from(["", "cpu"])),
    }  # fmt: skip
    model = some(st.sampled_from(["roberta-base", "/models/roberta-base/", "org/Name"]))
    given["settings"] = {"model": ModelConfig(name=model)}
    if kind == "graft":
        given["settings"] |= some(st.sampled_from([
            {"sparsity": 1e-3}, {"sparsities": (1e-4, 1e-2)}, {"recover": 0.95}, {"learn": False},
            {"localizer": "fisher"}, {"sparsity": 681}, {"base_patch": "data/mask.safetensors"},
        ]))  # fmt: skip
    else:
        given["settings"] |= {
            "train": TrainConfig(lr=some(st.sampled_from([1e-5, 1e-3, 0.5]))),
            "task": TaskConfig(name=some(st.sampled_from(["SST-2", "pocket-film"]))),
        }
    stages = st.sampled_from(["pretrained", "finetuned", "base_patch", "learnt_graft", "union"])
    splits, subjects = st.sampled_from(["dev", "test", "test_mm"]), st.sampled_from(["model", "u"])
    measured = st.tuples(subjects, stages, splits, st.just("{}"), _SCORES)
    return make(kind, **given), some(
        st.lists(measured, max_size=3, unique_by=lambda score: score[:3])
    )


_KEYS = st.sampled_from((*KEYS, *_FIGURES, "ECE %", "train.lr", "task.name", "graft.sparsities",
                         "graft.learn", "graft.recover", "model.name"))  # fmt: skip
_VALUES = st.sampled_from((
    *NAMES, *map(str, NUMBERS), "90", "93.5 %", "81.2", "6.2", "8,505", "12 s", "1d", "3:05", "inf",
    "-inf", "true", "no", "x", "b", "night", "graft", "learnt graft", "e-0", "fail", "roberta-base",
    "aaaaaa", "bbbbbb",
    "SST-2", "2020-01-01", "75", "29", "0.0001", "[0.0001", "KEEP", "größe", "nan",
))  # fmt: skip
_LIMITS = st.sampled_from((*map(str, NUMBERS), "90", "93.5 %", "81.2", "1000", "inf", "-inf"))
_WORDS = st.sampled_from((
    "sst", "SST-2", "über", "б", "grosse", "gro", "größe", "keep", "1.0e", "good keep", "high sst",
    "roberta", "pocket fil", "-", "0.001", "aaaaaa",
))  # fmt: skip


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    """Most of them such that a key can have; what it cannot is refused by both."""
    key, op = draw(_KEYS), draw(st.sampled_from(OPERATORS))
    values = _LIMITS if op in ORDER else _VALUES
    if key in KEYS and KEYS[key].choices:
        values = st.sampled_from(KEYS[key].choices)
    most = 3 if op in ("=", "!=") else 1
    return Condition(key, op, tuple(draw(st.lists(values, min_size=1, max_size=most))))


def _joined(part: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    several = st.lists(part, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, part), st.builds(And, several), st.builds(Or, several))


TREES = st.recursive(st.one_of(st.builds(Word, _WORDS), conditions()), _joined, max_leaves=5)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One for all examples: they tidy up."""
    with Store.open(tmp_path_factory.mktemp("twin") / "runs.db") as opened:
        opened.db.execute("PRAGMA synchronous = OFF")
        opened.db.create_function("julianday", 1, lambda _: NOW / 86400.0 + 2440587.5)
        yield opened


_INSERT = (
    "INSERT INTO scores (run, subject, stage, split, labels, scores) VALUES (?, ?, ?, ?, ?, ?)"
)


def filled(store: Store, drawn: "Drawn") -> None:
    with store.write() as db:
        db.execute("DELETE FROM runs")
    store.add([run for run, _ in drawn])
    with store.write() as db:
        for run, measured in drawn:
            for *where, scores in measured:
                db.execute(_INSERT, (run.id, *where, numbers(scores)))


Drawn = list[tuple[Run, list[tuple[Any, ...]]]]
CHEAP = settings(deadline=None, suppress_health_check=list(HealthCheck))


def in_sql(store: Store, query: Query) -> set[str] | str:
    """Ids of the runs that meet `query`, or why it is refused."""
    try:
        return {run.id for run in store.list(where=query)}
    except UsageError as error:
        return str(error)


def in_python(store: Store, rows: list[Row], query: Query) -> set[str] | str:
    """The same by the twin."""
    figures = partial(sql.figures, store.db)
    try:
        holds = twin.predicate(query, lambda name, span: keys.find(name, figures, span))
    except UsageError as error:
        return str(error)
    return {row.run.id for row in rows if holds(row)}


def rows_of(store: Store) -> list[Row]:
    return [Row(run, store.scores([run.id])[run.id], NOW) for run in store.list()]


@given(st.lists(runs(), min_size=1, max_size=3), st.lists(TREES, min_size=1, max_size=9))
@settings(CHEAP, max_examples=25)
def test_sql_and_python_say_the_same(registry: Store, drawn: Drawn, trees: list[Query]) -> None:
    filled(registry, drawn)
    rows = rows_of(registry)
    for tree in trees:
        assert in_sql(registry, tree) == in_python(registry, rows, tree)


@given(st.lists(runs(), min_size=4, max_size=4))
@settings(CHEAP, max_examples=15)
def test_each_key_has_the_same_value_in_both(registry: Store, drawn: Drawn) -> None:
    filled(registry, drawn)
    expressions.prepare(registry.db)
    for row in rows_of(registry):
        for key in KEYS.values():
            for expression in filter(None, (key.value, key.exact)):
                found = f"SELECT {expression.sql} FROM runs WHERE id = ?"
                (value,) = registry.db.execute(found, (row.run.id,)).fetchone()
                own = expression.of(row)
                if key.many:
                    assert set(json.loads(value)) == set(own), key.name
                else:
                    assert value == own, key.name


@given(st.lists(runs(), min_size=2, max_size=2))
@settings(CHEAP, max_examples=5)
def test_each_operator_says_the_same_at_a_keys_own_value(registry: Store, drawn: Drawn) -> None:
    filled(registry, drawn)
    rows = rows_of(registry)
    for key in KEYS.values():
        own = key.value.of(rows[0])
        for value in own if isinstance(own, list) else [own]:
            for op in OPERATORS:
                asked = Condition(key.name, op, (twin.as_text(value),))
                assert in_sql(registry, asked) == in_python(registry, rows, asked), asked


def test_a_tie_is_found_as_it_is_shown(store: Store) -> None:
    """13 of 16 is 81.25 %: the table has 81.2, SQLite alone would round it to 81.3."""
    store.add([make(id="aaaaaa", summary={"finetuned": 13 / 16})])
    assert store.count(Condition("tuned", "=", (f"{100 * 13 / 16:.1f}",))) == 1
    assert store.count(Condition("tuned", "<", ("81.25",))) == 1
