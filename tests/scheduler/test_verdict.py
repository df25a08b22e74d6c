"""What is said of an engine that ended without a last event."""

import json
import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from engine.contract.layout import RunDir
from graftui.errors import no_room
from graftui.models import Run, RunReason, RunStatus
from graftui.registry.card import read_card
from graftui.registry.ingest import rebuild
from graftui.registry.store import Store
from graftui.scheduler import memory
from graftui.scheduler.executors.base import Exit
from graftui.scheduler.verdict import verdict_on
from tests.scheduler.scheduler_bench import Bench, plan

RUN = Run(id="k3f9qz", name="n", kind="graft", config={}, config_hash="", created_at=0.0,
          started_at=1000.0)  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> RunDir:
    """The folder of a run that has said something."""
    made = RunDir(tmp_path / "k3f9qz")
    made.path.mkdir()
    made.events.write_bytes(b'{"event":"log","message":"hi"}\n')
    return made


def written(place: RunDir, at: float) -> None:
    place.result.write_text(json.dumps({"summary": {"accuracy": 0.75}}))
    os.utime(place.result, (at, at))


def test_a_result_and_exit_code_0_prove_that_it_finished(place: RunDir) -> None:
    written(place, 1001.0)
    assert verdict_on(RUN, Exit(0), place).status is RunStatus.finished
    assert verdict_on(RUN, Exit(1), place).status is RunStatus.failed
    written(place, 999.0)  # of a try before
    assert verdict_on(RUN, Exit(0), place).status is RunStatus.failed
    place.result.write_text("{")
    assert verdict_on(RUN, Exit(0), place).status is RunStatus.failed


@pytest.mark.parametrize("end", [Exit(0), Exit(0, disk_full=True), Exit(1, disk_full=True)])
def test_a_last_event_without_room_names_the_disk(place: RunDir, end: Exit) -> None:
    verdict = verdict_on(RUN, end, place)
    assert (verdict.status, verdict.reason) == (RunStatus.failed, RunReason.crashed)
    assert "disk" in verdict.message
    assert "space" in verdict.hint


def test_half_a_line_at_the_end_names_the_disk_and_a_kill_does_not(place: RunDir) -> None:
    assert "disk" not in verdict_on(RUN, Exit(7), place).message
    with place.events.open("ab") as file:
        file.write(b'{"event":"fin')
    assert "disk" in verdict_on(RUN, Exit(7), place).message
    assert "disk" not in verdict_on(RUN, Exit(-9, disk_full=True), place).message


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (Exit(-9, oom_killed=True), ""),
        (Exit(-6), "terminate called after throwing an instance of 'std::bad_alloc'\n"),
        (Exit(1), "DefaultCPUAllocator: can't allocate memory: you tried to ...\n"),
    ],
)
def test_memory_that_ran_out_is_the_reason(place: RunDir, end: Exit, said: str) -> None:
    place.output.write_text(said)
    verdict = verdict_on(RUN, end, place)
    assert verdict.reason is RunReason.oom
    assert "memory" in verdict.message
    assert "GRAFTUI_JOBS" in verdict.hint
    place.output.write_text("")
    assert verdict_on(RUN, Exit(end.code), place).reason is not RunReason.oom


def test_a_full_disk_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = namedtuple("usage", "total used free")
    for free, full in ((0, True), (4096, True), (1 << 30, False)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage(1 << 40, 0, free))
        assert no_room(tmp_path) is full


@pytest.mark.parametrize(
    ("groups", "file", "text"),
    [
        ("0::/user/box\n", "user/box/memory.events", "low 0\noom 2\noom_kill 3\n"),
        ("5:cpu:/x\n9:memory:/x\n", "memory/x/memory.oom_control", "under_oom 0\noom_kill 3\n"),
        ("0::/elsewhere\n", "user/box/memory.events", "oom_kill 3\n"),
    ],
)
def test_what_the_kernel_killed_for_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, groups: str, file: str, text: str
) -> None:
    (tmp_path / "own").write_text(groups)
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text)
    monkeypatch.setattr(memory, "_OWN", tmp_path / "own")
    monkeypatch.setattr(memory, "_MOUNT", tmp_path)
    assert memory.oom_kills() == (None if "elsewhere" in groups else 3)
    monkeypatch.setattr(memory, "_OWN", tmp_path / "nothing")
    assert memory.oom_kills() is None


def test_a_finished_run_without_its_last_event_keeps_its_result(bench: Bench) -> None:
    (run,) = bench.launch(plan("unsaid"))
    run = bench.ended(run.id)
    assert (run.status, run.summary, run.attempt.exit_code) == (
        RunStatus.finished,
        {"accuracy": 0.75},
        0,
    )
    card = read_card(bench.settings.run_dir(run.id))
    assert card
    assert card.verdict
    assert card.verdict.status is RunStatus.finished
    with Store.open(bench.settings.db) as store:
        rebuild(store, bench.settings)
        assert store.get(run.id).summary == {"accuracy": 0.75}
