"""Stages, subjects, labels and reasons that this version does not know are words like any other."""

import json

import pytest

from engine.contract import events as ev
from engine.contract.layout import RunDir
from tests.cli import study
from tests.cli.workplace import Workplace

LATER = (
    {"subject": "union", "stage": "merged", "split": "test", "scores": {"accuracy": 0.625}},
    {"subject": "skills[0]", "stage": "alone", "split": "test", "labels": {"rank": 4},
     "scores": {"accuracy": 0.5}},
    {"subject": "skills[1]", "stage": "alone", "split": "test", "labels": {"rank": 4},
     "scores": {"accuracy": 0.25}},
    {"stage": "tempered", "split": "test", "labels": {"sparsity": 0.001, "how": "mean"},
     "scores": {"accuracy": 0.125}},
)  # fmt: skip


@pytest.fixture
def later(work: Workplace) -> Workplace:
    """A registry with a fine-tuning and a graft that a later graftui made, and one that failed."""
    study.add(work.path, "aaaaaa", "finetune", study.tuned(0.9, 0.8))
    study.add(work.path, "bbbbbb", "graft", study.grafted(1e-3, 0.9, 0.8), parent="aaaaaa")
    study.add(work.path, "cccccc", "graft", [], ends=False)
    events = RunDir(work.path / "data" / "runs" / "bbbbbb").events
    *said, last = events.read_bytes().splitlines(keepends=True)
    told = [json.dumps({"v": 9, "event": "evaluated", **score}).encode() + b"\n" for score in LATER]
    events.write_bytes(b"".join([*said, *told, last]))
    failed = RunDir(work.path / "data" / "runs" / "cccccc").events
    failed.write_bytes(failed.read_bytes().replace(b'"oom"', b'"preempted"'))
    return work


def test_they_are_stored_and_shown(later: Workplace) -> None:
    told = later.json("show", "bbbbbb")
    assert (told["warnings"], told["bad_events"]) == ([], 0)
    found = [(s["subject"], s["stage"], s["labels"], s["sparsity"]) for s in told["scores"]]
    assert found[-4:] == [
        ("union", "merged", {}, None),
        ("skills[0]", "alone", {"rank": 4.0}, None),
        ("skills[1]", "alone", {"rank": 4.0}, None),
        ("model", "tempered", {"sparsity": 0.001, "how": "mean"}, 0.001),
    ]
    shown = later.run("show", "bbbbbb")
    for word in ("union/merged", "skills[0]/alone[rank=4]", "tempered[how=mean]", "62.5", "12.5"):
        assert word in shown


def test_they_are_exported_and_compared(later: Workplace) -> None:
    rows = json.loads(later.run("export", "--format", "json"))
    (graft,) = [row for row in rows if row["id"] == "bbbbbb"]
    assert graft["union/merged.accuracy"] == 0.625
    assert graft["skills[1]/alone[rank=4].accuracy"] == 0.25
    assert graft["tempered[how=mean].accuracy"] == 0.125
    side = later.json("compare", "aaaaaa", "bbbbbb")["scores"]
    assert side["union/merged accuracy"] == [None, 0.625]
    assert side["tempered[how=mean] accuracy"] == [None, 0.125]


def test_a_reason_is_kept_as_it_is_said(later: Workplace) -> None:
    told = later.json("show", "cccccc")
    assert (told["status"], told["reason"]) == ("failed", "preempted")
    assert "preempted" in later.run("ls")


def test_an_evaluation_whose_labels_have_no_end_is_refused() -> None:
    labels = {f"l{n}": n for n in range(100)}
    line = {"event": "evaluated", "stage": "s", "split": "test", "scores": {}, "labels": labels}
    troubles: list[str] = []
    assert ev.read(json.dumps(line).encode() + b"\n", troubles.append)[0] == []
    assert "labels" in troubles[0]
