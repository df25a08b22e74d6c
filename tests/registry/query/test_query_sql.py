"""Filters, sorting and search, as typed."""

import time
from pathlib import Path

import pytest

from engine.contract.kinds.finetune import TrainConfig
from engine.contract.sections import TaskConfig
from graftui.errors import UsageError
from graftui.models import RunStatus
from graftui.registry import migrations
from graftui.registry.migrations import MIGRATIONS
from graftui.registry.query.grammar import parse_options, words
from graftui.registry.rows import COLUMNS, row_of
from graftui.registry.store import Store
from tests.each import each
from tests.registry.registry_rows import make, settings


@pytest.fixture
def filled(store: Store) -> Store:
    store.add(
        [
            make(
                id="aaaaaa",
                name="sst-low",
                created_at=1.7e9,
                status=RunStatus.finished,
                tags=("night", "x"),
                settings={"train": TrainConfig(lr=1e-4), "task": TaskConfig(name="SST-2", k=16)},
                summary={"accuracy": 0.9},
            ),
            make(
                id="bbbbbb",
                name="sst-high",
                created_at=1.71e9,
                status=RunStatus.failed,
                tags=("x",),
                settings={"train": TrainConfig(lr=1e-2), "task": TaskConfig(name="SST-2", k=64)},
            ),
            make(
                "graft",
                id="cccccc",
                name="100",
                created_at=1.72e9,
                parent="aaaaaa",
                settings={
                    "sparsity": 1e-3,
                    **settings(name="roberta-base", trust_remote_code=True),
                },
                summary={"accuracy": 0.8, "graft.recovery": 0.95},
            ),
        ]
    )
    return store


@each(
    ("texts", "ids"),
    [
        ("status=failed", "b"),
        ("status!=failed", "ac"),
        ("kind = graft", "c"),
        ("kind == graft", "c"),
        ("name~<b>", ""),
        ("name~SST", "ab"),
        ("name=100", "c"),
        ("tag=x", "ab"),
        ("tag=night", "a"),
        ("tag!=night", "bc"),
        ("tag~igh", "a"),
        ("task.name=SST-2", "ab"),
        ("train.lr>=1e-3", "b"),
        ("train.lr<1e-3", "a"),
        ("train.lr=0.0001", "a"),
        ("train.lr!=1e-4", "bc"),  # a graft has none, and so not this one
        ("task.k=16", "ac"),  # the default counts
        ("graft.sparsity<=0.001", "c"),
        ("model.trust_remote_code=true", "c"),
        ("accuracy>0.85", "a"),
        ("graft.recovery>0.9", "c"),
        ("parent=aaaaaa", "c"),
        ("created>2024-04-01", "c"),
        ("name>5", ""),  # a text is not more than a number
        ("name=it's; DROP TABLE runs", ""),
        ("status=finished task.k=16", "a"),
    ],
)
def test_filters(filled: Store, texts: str, ids: str) -> None:
    parts = texts.split(" ") if texts.startswith("status=fin") else [texts]
    where = parse_options(parts)
    assert sorted(run.id[0] for run in filled.list(where=where)) == list(ids)
    assert filled.count(where) == len(ids)


@each(
    ("sort", "ids"),
    [
        ("-created", "cba"),
        ("created", "abc"),
        ("name", "cba"),
        ("-train.lr", "bac"),
        ("train.lr", "abc"),
        ("-accuracy", "acb"),
        ("accuracy", "cab"),
    ],
)
def test_sorting_puts_runs_without_a_value_last(filled: Store, sort: str, ids: str) -> None:
    assert "".join(run.id[0] for run in filled.list(sort=sort)) == ids


def test_pages(filled: Store) -> None:
    assert [run.id[0] for run in filled.list(limit=1, offset=1)] == ["b"]
    assert [run.id[0] for run in filled.list(offset=2)] == ["a"]


@each(
    ("text", "ids"),
    [("sst", "ab"), ("SST-2", "ab"), ("roberta", "c"), ("sst high", "b"), ("trust_remote", ""),
     ("night", "a"), ('"', ""), ("  ", "abc"), ("AND OR *", "")],
)  # fmt: skip
def test_search_looks_in_values_not_in_keys(filled: Store, text: str, ids: str) -> None:
    assert sorted(run.id[0] for run in filled.list(where=words(text))) == list(ids)


@pytest.mark.parametrize(
    ("tag", "word"), [("keeper", "keep"), ("Über", "übe"), ("отбор", "от"), ("a\tzebra", "zeb")]
)
def test_search_follows_a_change_of_tags(filled: Store, tag: str, word: str) -> None:
    filled.update("bbbbbb", tags=("first", tag))
    assert [run.id for run in filled.list(where=words(word))] == ["bbbbbb"]


def test_search_finds_tags_of_before_they_were_told_from_their_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Later changes too: rows are written as they are now.
    before = [change for change in MIGRATIONS if change.__name__ != "m012_words_of_tags"]
    monkeypatch.setattr(migrations, "MIGRATIONS", before)
    with Store.open(tmp_path / "runs.db") as store:
        then = {row["name"] for row in store.db.execute("PRAGMA table_info(runs)")}
        now = row_of(make(id="aaaaaa", tags=("отбор",)))
        row = {name: value for name, value in now.items() if name in then}
        with store.write() as db:
            marks = ", ".join("?" for _ in row)
            db.execute(f"INSERT INTO runs ({', '.join(row)}) VALUES ({marks})", [*row.values()])
        assert store.count(words("отбор")) == 0
    monkeypatch.undo()
    with Store.open(tmp_path / "runs.db") as store:
        assert [run.id for run in store.list(where=words("отбор"))] == ["aaaaaa"]


@pytest.mark.parametrize(
    ("text", "named"),
    [("colour=red", "status"), ("train.speed>1", "train.lr"), ("oops>1", "accuracy")],
)
def test_an_unknown_key_names_the_known_ones(filled: Store, text: str, named: str) -> None:
    with pytest.raises(UsageError) as caught:
        filled.list(where=parse_options([text]))
    assert named in caught.value.hint


@pytest.mark.parametrize("text", ["", "=x", "step => 3", "step=<3", "a<>b", "a = b >3"])
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_options([text])
    assert "!= >= <= = > < ~" in caught.value.hint


def test_order_needs_a_number(filled: Store) -> None:
    with pytest.raises(UsageError, match="compares numbers"):
        filled.list(where=parse_options(["name>abc"]))
    with pytest.raises(UsageError, match="no key 'size'"):
        filled.list(sort="-size")


@pytest.mark.parametrize("text", ["status=finishd", "status!=done", "reason=oops", "status="])
def test_a_misspelt_status_names_those_there_are(filled: Store, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        filled.list(where=parse_options([text]))
    allowed = "oom" if text.startswith("reason") else "finished, failed"
    assert allowed in caught.value.hint
    assert filled.list(where=parse_options(["status~fin"]))


def test_ten_thousand_runs_are_listed_at_once(tmp_path: Path) -> None:
    with Store.open(tmp_path / "runs.db") as store:
        store.add([make(id="r00000", created_at=0.0)])
        _multiply(store, 10_000)
        assert store.count() == 10_000
        best = min(_timed(store) for _ in range(5))
    assert best < 0.05  # seconds of a processor; a few ms, and wide


def _multiply(store: Store, count: int) -> None:
    """The one run that is there, `count` times: to add as many takes seconds."""
    own = {"id": "printf('r%05d', i)", "created_at": "created_at + i"}
    values = ", ".join(own.get(name, name) for name in COLUMNS)
    with store.write() as db:
        db.execute(
            "WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number"
            f" WHERE i < ?) INSERT INTO runs ({', '.join(COLUMNS)})"
            f" SELECT {values} FROM runs, number",
            [count - 1],
        )


def _timed(store: Store) -> float:
    start = time.thread_time()
    assert len(store.list(limit=50)) == 50
    return time.thread_time() - start
