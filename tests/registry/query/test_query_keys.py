"""Columns as keys of filters: in the units that they are shown in."""

import time

import pytest

from graftui.errors import UsageError
from graftui.models import RunStatus
from graftui.registry.lineage import dependants
from graftui.registry.query.grammar import parse_options, words
from graftui.registry.query.keys import KEYS
from graftui.registry.query.values import duration
from graftui.registry.store import Store
from tests.each import each
from tests.registry.registry_rows import make, settings

SCORES = (
    "INSERT INTO scores (run, subject, stage, split, labels, scores)"
    " VALUES (?, 'model', ?, ?, ?, ?)"
)


@pytest.fixture
def filled(store: Store) -> Store:
    now = time.time()
    done = {"status": RunStatus.finished, "started_at": 1000.0}
    a = {"pretrained": 0.5, "finetuned": 0.934, "learnt_graft": 0.9004, "recovery": 0.964,
         "base_patch": 0.7, "weights": 8505.0}  # fmt: skip
    b = {"finetuned": 0.95, "base_patch": 0.921, "recovery": 0.9695, "weights": 336.0}
    store.add(
        [
            make("finetune", id="ffffff", created_at=now - 3 * 86400, step=3, total=4,
                 settings=settings(name="/models/roberta-base/"),
                 summary={"finetuned": 0.9342}, ended_at=1185.9, **done),
            make("graft", id="aaaaaa", created_at=now - 7200, parent="ffffff", summary=a,
                 settings={"sparsity": 1e-3}, ended_at=1012.0, **done),
            make("graft", id="bbbbbb", created_at=now - 60, summary=b, note="good, keep",
                 settings={"sparsities": (1e-4, 1e-2), "learn": False}, ended_at=8800.0, **done),
            make("graft", id="cccccc", created_at=now, settings={"recover": 0.95}),
        ]
    )  # fmt: skip
    with store.write() as db:
        told = [
            ("ffffff", "pretrained", "test", "{}", '{"loss": 0.9, "accuracy": 0.5}'),
            ("ffffff", "finetuned", "dev", "{}", '{"loss": 0.01, "accuracy": 1.0}'),
            ("ffffff", "finetuned", "test", "{}", '{"loss": 0.2, "accuracy": 0.934}'),
            (
                "bbbbbb",
                "base_patch",
                "test",
                '{"sparsity":0.01}',
                '{"loss": 0.3, "f1": 0.95, "weights": 33600}',
            ),
            (
                "bbbbbb",
                "base_patch",
                "test",
                '{"sparsity":0.0001}',
                '{"loss": 0.4, "f1": 0.92, "weights": 336}',
            ),
        ]
        db.executemany(SCORES, told)
    return store


def met(store: Store, *texts: str) -> str:
    return "".join(sorted(run.id[0] for run in store.list(where=parse_options(texts))))


@each(
    ("text", "ids"),
    [
        ("graft > 90", "b"),  # 0.9004 is shown as 90.0
        ("graft>=90", "ab"),
        ("graft >= 90 %", "ab"),
        ("graft = 92.1", "b"),  # of a graft that was not to be learnt, its base patch
        ("graft > 0.95", "ab"),
        ("tuned > 93.4", "b"),
        ("zero-shot<60", "a"),
        ("recov. >= 97", "b"),  # 0.9695, rounded as it is shown
        ("recovery > 96.5", "b"),
        ("recovery > 0.965", "b"),  # as the first version had it
        ("recovery>96.5%", "b"),
        ("recovery < 1", "ab"),
        ("accuracy > 90", "f"),
        ("accuracy>0.9", "f"),
        ("Accuracy % > 90", "f"),
        ("f1 = 92", "b"),  # of the graft that the summary is about
        ("loss < 0.25", "f"),
        ("loss = 0.4", "b"),
        ("weights > 8,000", "a"),
        ("weights=336", "b"),
        ("sparsity <= 1e-3", "ab"),
        ("sparsity=0.01", "b"),
        ("sparsity = 0.0001", "b"),  # the unused default of `a`'s kind is not meant
        ("graft.sparsity=1e-3", "a"),
        ("model=roberta-base", "f"),
        ("model.name=/models/roberta-base/", "f"),
        ("task~film", "abcf"),
        ("progress = 75", "f"),
        ("time = 185", "f"),
        ("time > 3:04", "bf"),
        ("took >= 3:05 min", "bf"),
        ("time < 12 s", ""),
        ("time<=12s", "a"),
        ("time > 2:09 h", "b"),
        ("age > 1d", "f"),
        ("age < 2:30 h", "abc"),
        ("age<10m", "bc"),
        ("learnt_graft>0.9", "a"),
        ("tags = x", ""),
        ("kind=graft", "abc"),
        ("kind = learnt graft", "ac"),
        ("kind = base patch", "b"),
        ("kind != graft", "f"),
        ("note ~ KEEP", "b"),
    ],
)  # fmt: skip
def test_a_column_is_a_key_in_its_own_unit(filled: Store, text: str, ids: str) -> None:
    assert met(filled, text) == ids


@each(
    ("sort", "ids"),
    [("-graft", "ba"), ("graft", "ab"), ("-time", "bfa"), ("age", "cbaf"),
     ("sparsity", "ba"), ("-weights", "ab"), ("loss", "fb"), ("-tuned", "bfa")],
)  # fmt: skip
def test_a_column_is_a_key_to_sort_by(filled: Store, sort: str, ids: str) -> None:
    """Runs without a value come last."""
    assert "".join(run.id[0] for run in filled.list(sort=sort)).startswith(ids)


@pytest.mark.parametrize(
    ("text", "near"),
    [("grafts>1", "graft"), ("Sparsty=1", "sparsity"), ("train.lrr>1", "train.lr")],
)
def test_an_unknown_key_names_the_nearest(filled: Store, text: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        met(filled, text)
    assert f"Did you mean {near}?" in caught.value.hint
    assert "zero-shot" in caught.value.hint


@pytest.mark.parametrize("text", ["graft > good", "loss>nan", "time > 1:2:3:4", "age > soon"])
def test_what_is_no_number_is_refused(filled: Store, text: str) -> None:
    with pytest.raises(UsageError, match="compares numbers"):
        met(filled, text)


def test_durations_are_read_as_they_are_shown() -> None:
    shown = ("12", "12 s", "3:05", "3:05 min", "2:10 h", "2:10:00", "90m", "3d", "1.5 h")
    seconds = [12, 12, 185, 185, 7800, 7800, 5400, 259200, 5400]
    assert list(map(duration, shown)) == seconds


def test_ids_and_notes_are_searched(filled: Store) -> None:
    assert [run.id for run in filled.list(where=words("aaaa"))] == ["aaaaaa"]
    assert [run.id for run in filled.list(where=words("keep"))] == ["bbbbbb"]
    filled.update("aaaaaa", note="rather this")
    assert [run.id for run in filled.list(where=words("rather"))] == ["aaaaaa"]


def test_every_key_is_sql_that_runs(filled: Store) -> None:
    for name, key in KEYS.items():
        assert len(filled.list(sort=f"-{name}")) == 4
        assert isinstance(met(filled, f"{name}~x"), str)
        assert key.number("12") == 12


def test_dependants_are_found_by_link_and_by_path(store: Store) -> None:
    mask = {"base_patch": "data/runs/gggggg/skill-0.01.safetensors"}
    store.add(
        [
            make("finetune", id="ffffff"),
            make("graft", id="gggggg", parent="ffffff"),
            make("graft", id="hhhhhh", settings=mask),
            make("finetune", id="kkkkkk", settings=settings(name="runs/ffffff/checkpoint-200/")),
        ]
    )
    assert dependants(store.db, ["ffffff"]) == ["gggggg", "kkkkkk"]
    assert dependants(store.db, ["ffffff", "gggggg"]) == ["hhhhhh", "kkkkkk"]
    assert dependants(store.db, ["hhhhhh"]) == []
