"""What `gc` frees and what it keeps, on the films: c1 and c2 are needed, their grafts failed."""

import json
from pathlib import Path
from typing import Any

import pytest

from graftui import settings as knobs
from graftui.models import RunStatus
from graftui.planning import keeping
from graftui.registry.store import Store
from graftui.scheduler.removal.freeing import free
from tests.cli import study
from tests.cli.conftest import Graftui

RUNS = Path("data/runs")
TUNED = {"a1", "a2", "b1", "c1", "c2"}
SIZE = 5_000


@pytest.fixture
def full(graftui: Graftui) -> Graftui:
    """Each fine-tuning with a checkpoint, one of a step and a saved state; a graft with a skill."""
    for id in TUNED:
        for name in ("checkpoint", "checkpoint-20", "state"):
            (RUNS / id / name).mkdir()
            (RUNS / id / name / "weights").write_bytes(bytes(SIZE))
    (RUNS / "ga1" / "skill.safetensors").write_bytes(bytes(SIZE))
    return graftui


def having() -> set[str]:
    return {path.parent.name for path in RUNS.glob("*/checkpoint")}


def told(full: Graftui, *arguments: str) -> dict[str, dict[str, Any]]:
    return {each["run"]: each for each in json.loads(full("gc", "--json", *arguments))}


def test_the_best_the_starred_and_the_needed_keep_theirs(full: Graftui) -> None:
    full("star", "a1")
    there = told(full, "--dry-run", "--keep", "1", "--by", "task.name")
    assert {id: each["kept"] for id, each in there.items()} == {
        "a1": keeping.Why.star, "a2": None, "b1": None,
        "c1": keeping.Why.needed, "c2": keeping.Why.needed,
    }  # fmt: skip
    assert there["a2"]["used_by"] == ["ga2"]
    assert there["a2"]["bytes"] == 3 * SIZE
    assert having() == TUNED, "it was only said"
    text = full("gc", "-y", "--by", "task.name")
    assert "fine-tune again" in text
    assert having() == {"a1", "c1", "c2"}
    left = {path.name for path in (RUNS / "a2").iterdir()}
    assert left == {"config.json", "events.jsonl", "run.json"}
    assert (RUNS / "ga1" / "skill.safetensors").stat().st_size == SIZE
    assert not list(RUNS.glob(".*"))
    assert "checkpoint" not in full("gc", "a2", "--dry-run")


@pytest.mark.parametrize(
    ("by", "keep", "kept"),
    [
        ("task.data_seed", 1, {"a2", "b1"}),  # dev: 0.92 against 0.90
        ("task.data_seed", 2, {"a1", "a2", "b1"}),
        ("task.name", 1, {"a2"}),
        ("train.lr", 1, {"a2", "b1"}),
        ("train.lr", 0, set()),
    ],
)
def test_groups(full: Graftui, by: str, keep: int, kept: set[str]) -> None:
    study.known()
    here = knobs.load()
    with Store.open(here.db) as store:
        runs = [store.get(id) for id in ("a1", "a2", "b1")]
        judged = keeping.judged(store, here, runs, keep, [by])
    assert {each.run.id for each in judged if each.kept is keeping.Why.best} == kept


def test_archived_runs_are_freed_too(full: Graftui) -> None:
    full("archive", "a1")
    assert told(full, "--dry-run", "--by", "task.name")["a1"]["kept"] is None


def test_it_asks_and_refuses_what_it_cannot_read(full: Graftui) -> None:
    assert "--yes" in full("gc", code=2)
    assert "--dry-run" in full("gc", "--json", code=2)
    assert "no key 'colour'" in full("gc", "--by", "colour", "-y", code=2)
    assert having() == TUNED


def test_a_run_that_was_queued_meanwhile_keeps_what_it_needs(full: Graftui) -> None:
    study.known()
    here = knobs.load()
    with Store.open(here.db) as store:
        (judged,) = keeping.judged(store, here, [store.get("b1")], 0, [])
        assert judged.kept is None
        store.update("gb1", status=RunStatus.queued)
        assert not free(here, store, "b1", judged.paths)
        assert "b1" in having()
        store.update("gb1", status=RunStatus.finished)
        assert free(here, store, "b1", judged.paths)
    assert "b1" not in having()


def test_what_did_not_finish_keeps_the_state_it_would_go_on_from(full: Graftui) -> None:
    study.known()
    here = knobs.load()
    with Store.open(here.db) as store:
        store.update("a1", status=RunStatus.cancelled)
        store.update("a2", status=RunStatus.lost)
    paths = {id: each["paths"] for id, each in told(full, "--dry-run", "--keep", "0").items()}
    assert [Path(path).name for path in paths["a1"]] == ["checkpoint", "checkpoint-20"]
    assert "a2" not in paths, "it may still be at work"
