"""Files written by the first version still read. Never make these anew: add others beside them."""

import json
import math
import shutil
import sqlite3
from pathlib import Path

import pytest

from engine.contract.layout import RunDir
from graftui.models import Here, RunReason, RunStatus
from graftui.registry.ingest import ingest
from graftui.registry.query.grammar import parse_options, words
from graftui.registry.store import Store
from tests.registry.registry_rows import claim_next, make, place

GOLDEN = Path(__file__).with_name("golden")


def measured(store: Store, id: str) -> None:
    """What both files say of their run."""
    run = store.get(id)
    assert (run.status, run.device, run.started_at) == (RunStatus.finished, "cpu", 1000.0)
    assert (run.phase, run.step, run.total, run.seconds) == ("train", 1, 2, 10.0)
    assert run.summary["accuracy"] == 0.7
    assert math.isnan(run.summary["ece"])
    grad, loss = store.series(id)
    assert (loss.name, loss.steps, loss.values) == ("train/loss", (1, 2), (0.5, 0.125))
    assert (grad.name, grad.steps) == ("train/grad", (1,))
    assert math.isnan(grad.values[0])
    scores = store.scores([id])[id]
    assert [(s.stage, s.split, s.sparsity) for s in scores] == [
        ("base_patch", "dev", None),
        ("learnt_graft", "dev", 1e-4),
    ]
    (artifact,) = store.artifacts(id)
    assert (artifact.path, artifact.kind, artifact.bytes) == ("skill.safetensors", "skill", 7)


def test_an_old_events_file_still_reads(store: Store, tmp_path: Path) -> None:
    run = make(status=RunStatus.starting)
    store.add([run])
    where = place(tmp_path / "runs", run)
    shutil.copy(GOLDEN / "events-v1.jsonl", where.events)
    assert ingest(store, run.id, where) == 11  # and a torn line that does not count
    measured(store, run.id)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copy(GOLDEN / "runs-v1.db", tmp_path / "runs.db"))


def test_an_old_registry_still_reads(old: Path) -> None:
    with Store.open(old) as store:
        assert store.check() == []
        assert [run.id for run in store.list()] == ["bbbbbb", "aaaaaa", "cccccc"]
        measured(store, "aaaaaa")
        doomed = store.get("cccccc")
        assert (doomed.status, doomed.reason) == (RunStatus.failed, RunReason.killed)
        assert (doomed.attempt.signal, doomed.attempt.pid, doomed.attempt.boot_id) == (9, 7, "boot")
        assert doomed.log_tail == "Killed"
        waiting = store.get("bbbbbb")
        assert (waiting.parent, waiting.kind) == ("aaaaaa", "graft")
        assert store.get("aaaaaa").config["train"]["lr"] == 1e-3
        recipes: dict[str, str] = {}
        store.hand_out_recipes(recipes.__setitem__)
        assert recipes == {"mine": "[finetune]\n"}


def test_an_old_registry_is_still_searched_and_written(old: Path) -> None:
    with Store.open(old) as store:
        assert [run.id for run in store.list(where=words("night"))] == ["aaaaaa"]
        found = store.list(where=parse_options(["train.lr=1e-3", "accuracy>0.5"]))
        assert [run.id for run in found] == ["aaaaaa"]
        claimed = claim_next(store, 1, Here("", "h", "b"))
        assert claimed
        assert claimed.id == "bbbbbb"
        store.add([make(id="dddddd")])
        store.delete("aaaaaa")
        assert store.ids("") == {"bbbbbb", "cccccc", "dddddd"}


HOME = Path(__file__).parents[1] / "golden" / "home"


def test_scores_of_then_are_all_there_and_are_those_of_the_events(tmp_path: Path) -> None:
    """Each row of (stage, split, sparsity) is one of (subject, stage, split, labels)."""
    path = Path(shutil.copy(HOME / "runs.db", tmp_path / "runs.db"))
    with sqlite3.connect(path) as db:
        then = db.execute("SELECT n, run, stage, split, sparsity, scores FROM scores").fetchall()
    with Store.open(path) as store:
        columns = "n, run, stage, split, json_extract(labels, '$.sparsity'), scores"
        now = [tuple(row) for row in store.db.execute(f"SELECT {columns} FROM scores ORDER BY n")]
        assert now == then
        assert len(now) > 30
        kept = [tuple(row) for row in store.db.execute("SELECT * FROM scores ORDER BY n")]
        assert {row[2] for row in kept} == {"model"}
        assert {tuple(json.loads(row[5])) for row in kept} == {(), ("sparsity",)}
        with store.write() as db:
            db.execute("UPDATE runs SET events_offset = 0")
        for run in store.list():
            ingest(store, run.id, RunDir(HOME / "data" / "runs" / run.id))
        assert [tuple(row) for row in store.db.execute("SELECT * FROM scores ORDER BY n")] == kept


def test_curves_of_then_are_told_apart_by_labels(tmp_path: Path) -> None:
    """Where a run had several grafts, the name of a curve ended in @ and the sparsity."""
    then = [
        ("ce64ep", f"graft/{what}@{at}", step, step / 8)
        for what in ("loss", "weights")
        for at in (0.001, 1e-05, 681)
        for step in (1, 2)
    ]
    path = Path(shutil.copy(HOME / "runs.db", tmp_path / "runs.db"))
    with sqlite3.connect(path) as db:
        db.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?)", then)
        count = db.execute("SELECT count(*) FROM metrics").fetchone()
    migrated = Store.open(path)
    assert tuple(migrated.db.execute("SELECT count(*) FROM metrics").fetchone()) == count
    events = tmp_path / "ce64ep"
    events.mkdir()
    (events / "events.jsonl").write_text(
        "".join(
            json.dumps({"v": 1, "event": "metric", "step": step, "values": {name: value}}) + "\n"
            for _, name, step, value in then
        )
    )
    with Store.open(tmp_path / "new.db") as new, migrated:
        new.add([migrated.get("ce64ep")])
        ingest(new, "ce64ep", RunDir(events))
        found = new.series("ce64ep")
        assert list(migrated.series("ce64ep", [one.key for one in found])) == found
        assert [key for key in migrated.curves("ce64ep") if key.labels] == new.curves("ce64ep")
        assert {key.labels for key in new.curves("ce64ep")} == {
            (("sparsity", at),) for at in (0.001, 1e-05, 681.0)
        }
        assert {(one.name, one.steps, one.values) for one in found} == {
            ("graft/loss", (1, 2), (0.125, 0.25)),
            ("graft/weights", (1, 2), (0.125, 0.25)),
        }
