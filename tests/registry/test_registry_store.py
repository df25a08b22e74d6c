"""Runs in and out of the registry."""

import math
import multiprocessing
import sqlite3
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftui.errors import NotFound, UsageError
from graftui.models import ACTIVE, Attempt, Here, Input, Run, RunReason, RunStatus, Verdict
from graftui.registry.rows import new_id, numbers, numbers_of
from graftui.registry.store import Store
from tests.registry.registry_rows import claim_next, make

HERE = Here("", "h", "b")

_METRIC = "INSERT INTO metrics (run, name, labels, step, value) VALUES (?, 'loss', '{}', 1, 0.5)"


def test_a_run_comes_back_as_it_went_in(store: Store) -> None:
    run = make(
        "graft",
        id="aaaaaa",
        tags=("a", "ü"),
        parent="bbbbbb",
        status=RunStatus.failed,
        reason=RunReason.oom,
        summary={"accuracy": 0.5},
        attempt=Attempt(run="aaaaaa", n=2, host="h", pid=7, pid_ticks=125, signal=9, peak_bytes=5),
        folder="/x/runs",
        log_tail="x\ny",
    )
    store.add([run])
    assert store.get(run.id) == run


@given(st.dictionaries(st.text(), st.floats()))
def test_numbers_come_back(values: dict[str, float]) -> None:
    back = numbers_of(numbers(values))
    assert list(back) == list(values)
    for key, value in values.items():
        assert back[key] == value or (math.isnan(value) and math.isnan(back[key]))


def test_adding_is_all_or_nothing(store: Store) -> None:
    def full() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        store.add([make(), make()], then=full)
    assert store.count() == 0


def test_update_knows_the_fields_and_the_states(store: Store) -> None:
    run = make()
    store.add([run])
    assert store.update(run.id, tags=("x",), summary={"a": 1.0}, only_if=[RunStatus.queued])
    assert not store.update(run.id, message="no", only_if=[RunStatus.running])
    assert not store.update("zzzzzz", message="no")
    assert (store.get(run.id).tags, store.get(run.id).message) == (("x",), "")
    with pytest.raises(KeyError, match="no colour"):
        store.update(run.id, colour="red")


def test_what_a_user_may_call_a_run(store: Store) -> None:
    store.add(
        [
            make(id="abc234", name="sst2", created_at=1.0),
            make(id="abd567", name="sst2", created_at=2.0),
            make(id="xyz234", name="film", created_at=3.0),
        ]
    )
    assert store.resolve("abc234").id == "abc234"
    assert store.resolve("x").id == "xyz234"
    assert store.resolve("abd").id == "abd567"
    assert store.resolve("sst2").id == "abd567"
    assert store.resolve("last").id == "xyz234"
    with pytest.raises(UsageError, match=r"abd567 \(sst2\), abc234 \(sst2\)"):
        store.resolve("ab")
    with pytest.raises(NotFound) as caught:
        store.resolve("flim")
    assert "film" in caught.value.hint
    with pytest.raises(NotFound):
        store.resolve("")


def test_last_of_nothing(store: Store) -> None:
    with pytest.raises(NotFound):
        store.resolve("last")


def test_the_oldest_ready_run_is_claimed(store: Store) -> None:
    old, new = make(created_at=1.0), make(created_at=2.0)
    waits = make(created_at=0.5, parent=new.id)
    store.add([new, waits, old])
    first = claim_next(store, 1, HERE)
    assert first
    assert (first.id, first.status) == (old.id, RunStatus.starting)
    assert claim_next(store, 1, HERE) is None
    second = claim_next(store, 2, HERE)
    assert second
    assert second.id == new.id
    assert claim_next(store, 9, HERE) is None
    store.update(new.id, status=RunStatus.finished)
    third = claim_next(store, 9, HERE)
    assert third
    assert third.id == waits.id


def test_a_chain_without_hope_is_cancelled(store: Store) -> None:
    dead = make(status=RunStatus.failed)
    one = make(parent=dead.id)
    two = make(parent=one.id)
    orphan = make(parent="gone22")
    store.add([dead, one, two, orphan])
    heard: dict[str, Verdict] = {}
    assert set(store.cancel_stranded(HERE, heard.__setitem__)) == {one.id, two.id, orphan.id}
    assert {id: v.message for id, v in heard.items()} == {
        id: store.get(id).message for id in (one.id, two.id, orphan.id)
    }
    assert dead.id in store.get(one.id).message
    assert "deleted" in store.get(orphan.id).message
    assert store.cancel_stranded(HERE, heard.__setitem__) == []


def _claim_all(path: Path, gate: Barrier, name: str) -> None:
    with Store.open(path) as store:
        gate.wait(30)
        while (run := claim_next(store, 1000, HERE)) is not None:
            store.update(run.id, device=name)


def test_no_run_is_claimed_twice(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with Store.open(path) as store:
        store.add([make() for _ in range(60)])
        store.db.executescript(
            "CREATE TABLE claims (id); CREATE TRIGGER seen AFTER UPDATE OF status ON runs"
            " BEGIN INSERT INTO claims VALUES (new.id); END;"
        )
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(4)
    jobs = [context.Process(target=_claim_all, args=(path, gate, f"p{i}")) for i in range(4)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(30)
        assert job.exitcode == 0
    with Store.open(path) as store:
        claimed = [row[0] for row in store.db.execute("SELECT id FROM claims")]
    assert len(claimed) == len(set(claimed)) == 60


def test_deleting_a_run_deletes_what_it_measured(store: Store) -> None:
    run = make()
    store.add([run])
    with store.write() as db:
        db.execute(_METRIC, (run.id,))
        db.execute("INSERT INTO artifacts VALUES (NULL, ?, 'p', 'k', 1)", (run.id,))
    store.delete(run.id)
    for table in ("runs", "metrics", "artifacts", "runs_words"):
        assert store.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
    assert store.check() == []


def test_the_newest_finished_run_of_a_configuration(store: Store) -> None:
    runs = [make(created_at=float(i), status=RunStatus.finished) for i in range(3)]
    failed = make(created_at=9.0, status=RunStatus.failed)
    store.add([*runs, failed])
    found = store.finished_with(failed.config_hash)
    assert found
    assert found.id == runs[2].id
    assert store.finished_with("other") is None


def test_active_runs_are_those_with_something_to_do(store: Store) -> None:
    runs = {status: make(status=status) for status in RunStatus}
    store.add(list(runs.values()))
    assert {run.status for run in store.active()} == set(ACTIVE)
    assert all(status.active == (status in ACTIVE) for status in RunStatus)


def test_recipes_of_earlier_versions_are_handed_out_once_and_whole(store: Store) -> None:
    with store.write() as db:
        db.executemany("INSERT INTO recipes VALUES (?, ?, 1.0)", [("a", "x = 1"), ("b", "x = 2")])

    def fails_late(name: str, text: str) -> None:
        assert name == "a", "the second one"

    with pytest.raises(AssertionError, match="the second one"):
        store.hand_out_recipes(fails_late)
    handed: list[tuple[str, str]] = []
    for _ in range(2):
        store.hand_out_recipes(lambda name, text: handed.append((name, text)))
    assert handed == [("a", "x = 1"), ("b", "x = 2")]


def test_a_reader_does_not_wait_for_a_writer(store: Store, tmp_path: Path) -> None:
    store.add([make()])
    with Store.open(tmp_path / "runs.db") as other, other.write() as db:
        db.execute("UPDATE runs SET message = 'half done'")
        assert store.list()[0].message == ""


def test_a_write_waits_for_another_one(store: Store, tmp_path: Path) -> None:
    """With a deferred transaction this fails at once, whatever the timeout."""
    with Store.open(tmp_path / "runs.db") as other:
        other.db.execute("PRAGMA busy_timeout = 100")
        with store.write():
            before = time.monotonic()
            with pytest.raises(sqlite3.OperationalError, match="locked"), other.write():
                pass
            assert time.monotonic() - before > 0.09


def test_ids_are_short_and_easy_to_read_aloud() -> None:
    ids = {new_id() for _ in range(500)}
    assert len(ids) == 500
    assert {len(id) for id in ids} == {6}
    assert not set("".join(ids)) & set("01lio")


def test_damage_is_reported(store: Store) -> None:
    assert store.check() == []
    store.db.execute("PRAGMA foreign_keys=OFF")
    with store.write() as db:
        db.execute(_METRIC, ("nobody",))
    assert store.check() == ["a row of metrics belongs to no run"]


def test_a_run_waits_for_all_that_it_is_made_from(store: Store) -> None:
    one, two = make(created_at=1.0), make(created_at=2.0)
    both = (Input("skills", one.id), Input("skills", two.id), Input("mask", "a/path/to/a.file"))
    waits = make(created_at=0.5, inputs=both)
    store.add([one, two, waits])
    assert store.get(waits.id).inputs == both
    assert (waits.sources, waits.parent) == ((one.id, two.id), one.id)
    store.update(one.id, status=RunStatus.finished)
    assert [run.id for run in _claims(store)] == [two.id], "the other one is not done"
    store.update(two.id, status=RunStatus.finished)
    assert [run.id for run in _claims(store)] == [waits.id], "for a path nobody waits"


def test_one_failed_source_of_two_strands_a_run(store: Store) -> None:
    good, bad = make(status=RunStatus.finished), make(status=RunStatus.failed)
    waits = make(inputs=(Input("skills", good.id), Input("skills", bad.id)))
    store.add([good, bad, waits])
    heard: list[str] = []
    assert store.cancel_stranded(HERE, lambda id, _: heard.append(id)) == [waits.id] == heard
    assert f"run {bad.id}, which is failed" in store.get(waits.id).message


def test_runs_that_wait_for_each_other_wait_in_vain(store: Store) -> None:
    one = make(id="aaaaaa", inputs=(Input("skills", "bbbbbb"),))
    two = make(id="bbbbbb", inputs=(Input("skills", "aaaaaa"),))
    lost = make(status=RunStatus.lost)
    under_way = make(status=RunStatus.running)
    three = make(inputs=(Input("skills", under_way.id), Input("skills", lost.id)))
    four = make(inputs=(Input("skills", under_way.id),))
    store.add([one, two, lost, under_way, three, four])
    assert [store.waits_in_vain(run) for run in (one, three, four)] == [True, True, False]


def _claims(store: Store) -> list[Run]:
    claimed = claim_next(store, 99, HERE)
    return [] if claimed is None else [claimed]
