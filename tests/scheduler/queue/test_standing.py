"""Many wait, and nothing changes: a supervisor asks whether something did, and reads no line."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest

from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.sections import ComputeConfig
from graftui.models import RunStatus
from graftui.registry import attempts, handed, hooks, queue
from graftui.registry.store import Store
from graftui.scheduler import handing
from graftui.scheduler.queue import queue_file
from graftui.scheduler.submit import Plan
from graftui.scheduler.supervise import Supervisor
from tests.scheduler.scheduler_bench import Bench, plan

LARGE = Plan("large", "finetune", FinetuneConfig(compute=ComputeConfig(memory_gib=1000)))
"""It has no room beside what others hold just now."""
READS = [(queue, "waiting"), (queue, "ids"), (queue, "stranded"), (handed, "ready"), (hooks, "due")]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> dict[str, Mock]:
    """The questions that cost more the more runs wait, counted."""
    made = {name: Mock(wraps=getattr(module, name)) for module, name in READS}
    for module, name in READS:
        monkeypatch.setattr(module, name, made[name])
    return made


def test_what_waits_is_read_again_where_something_changed(
    bench: Bench, reads: dict[str, Mock], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = '{"cores": 1, "memory_gib": 1024, "available_gib": 1}'
    (bench.settings.root.parent / "machine.json").write_text(machine)
    monkeypatch.setattr(handing, "_EVERY_S", 0.0)
    runs = bench.submit(*[LARGE] * 3)
    supervisor = Supervisor(bench.settings)
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)  # what rests goes on resting
    supervisor.tick()
    supervisor._looks = Mock(due=lambda: True, kept=supervisor._looks.kept)

    def asked(ticks: int) -> dict[str, int]:
        for read in reads.values():
            read.reset_mock()
        assert all(supervisor.tick() for _ in range(ticks))
        return {name: read.call_count for name, read in reads.items() if read.call_count}

    asked(2)
    assert asked(5) == {}
    bench.change(runs[1].id, priority=1)
    assert asked(5) == dict.fromkeys(reads, 1)
    assert asked(5) == {}
    with Store.open(bench.settings.db) as store:
        queue_file.change(bench.settings, store, lambda said: replace(said, jobs=3))
    assert asked(5) == {"waiting": 1}


CHANGES: dict[str, Callable[[Bench, str], Any]] = {
    "queued": lambda bench, id: bench.submit(plan("finish")),
    "ended": lambda bench, id: bench.change(id, status=RunStatus.cancelled),
    "edited": lambda bench, id: bench.change(id, config={}),
    "moved": lambda bench, id: bench.change(id, rank=1.0),
    "grouped": lambda bench, id: bench.change(id, queue_group="big"),
    "held": lambda bench, id: bench.change(id, held=True),
    "put elsewhere": lambda bench, id: bench.change(id, folder="/else"),
    "begun": lambda bench, id: bench.change(id, pid=7),
    "deleted": lambda bench, id: written(bench, lambda db: db.execute("DELETE FROM runs")),
    "hooked": lambda bench, id: written(bench, lambda db: hooks.note(db, id, "true")),
    "claimed": lambda bench, id: written(bench, lambda db: attempts.claim(db, id)),
}
"""What is decided by."""


def written(bench: Bench, how: Callable[[Any], object]) -> None:
    with Store.open(bench.settings.db) as store, store.write() as db:
        how(db)


def counted(bench: Bench) -> queue.Changes:
    with Store.open(bench.settings.db) as store:
        return queue.changes(store.db)


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_decided_by_is_counted(bench: Bench, what: str) -> None:
    (run,) = bench.submit(plan("finish"))
    before = counted(bench)
    CHANGES[what](bench, run.id)
    assert counted(bench) != before


def test_what_a_run_says_of_itself_is_not(bench: Bench) -> None:
    (run,) = bench.submit(plan("finish"))
    before = counted(bench)
    bench.change(run.id, step=3, phase="train", note="mine", star=True, heard_at=1.0)
    assert counted(bench) == before
