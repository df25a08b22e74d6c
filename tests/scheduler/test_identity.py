"""A process is known by host, boot and start in ticks; where that is not whole, nobody can tell."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from graftui.scheduler import identity
from graftui.scheduler.identity import Life, life
from tests.scheduler.scheduler_bench import Bench


def test_the_ticks_are_those_of_the_kernel() -> None:
    """Ticks since boot and the boot's time make the start that psutil gives."""
    me = identity.identity(os.getpid())
    assert me
    process = psutil.Process()
    since_boot = me.pid_ticks / os.sysconf("SC_CLK_TCK")
    assert abs(psutil.boot_time() + since_boot - process.create_time()) < 1.0
    assert identity.identity(2**22 + 1) is None


def test_a_name_full_of_brackets(tmp_path: Path) -> None:
    odd = tmp_path / "a) Z 1 (b"
    shutil.copy(shutil.which("sleep") or "", odd)
    with subprocess.Popen([odd, "30"]) as process:
        try:
            seen = identity._state_and_ticks(process.pid)
            assert seen
            assert seen[0] in "RSD"
            started = psutil.Process(process.pid).create_time()
            ticks = (started - psutil.boot_time()) * os.sysconf("SC_CLK_TCK")
            assert abs(seen[1] - ticks) < 100
        finally:
            process.kill()


def test_without_proc_psutil_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(identity, "_PROC", tmp_path)
    me = identity.identity(os.getpid())
    assert me
    assert me == identity.identity(os.getpid())
    assert abs(me.pid_ticks / 100 - psutil.Process().create_time()) < 0.1
    assert identity.identity(2**22 + 1) is None


@pytest.mark.parametrize(
    ("letter", "state"),
    [("S", Life.alive), ("R", Life.alive), ("D", Life.alive), ("T", Life.stopped),
     ("t", Life.stopped), ("Z", Life.zombie), ("X", Life.gone)],
)  # fmt: skip
def test_states(
    bench: Bench, processes: dict[int, tuple[str, int]], letter: str, state: Life
) -> None:
    processes[44] = (letter, 7)
    run = bench.started(pid=44, ticks=7)
    assert life(run.attempt) is state
    assert life(replace(run.attempt, pid_ticks=8)) is Life.gone
    assert life(replace(run.attempt, pid=45)) is Life.gone


@pytest.mark.parametrize(
    "unlike",
    [{"host": "other"}, {"boot_id": "other"}, {"pid_ticks": None}, {"host": ""}, {"boot_id": ""},
     {"pid": None}],
)  # fmt: skip
def test_what_is_not_whole_or_of_elsewhere_cannot_be_told(
    bench: Bench, processes: dict[int, tuple[str, int]], unlike: dict[str, object]
) -> None:
    processes[44] = ("S", 7)
    run = bench.started(pid=44, ticks=7)
    assert life(replace(run.attempt, **unlike)) is Life.unknown  # type: ignore[arg-type]


def test_another_container_numbers_its_own_processes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Host name and boot are the same with `docker run --network host`."""
    mine = identity.boot_id()
    inside = tmp_path / "self" / "ns"
    inside.mkdir(parents=True)
    (inside / "pid").symlink_to("pid:[4026540000]")
    boot = tmp_path / "sys/kernel/random/boot_id"
    boot.parent.mkdir(parents=True)
    boot.write_text(mine.split()[0] + "\n")
    monkeypatch.setattr(identity, "_PROC", tmp_path)
    assert identity.boot_id() != mine
    assert identity.boot_id().split()[0] == mine.split()[0]


def test_a_clock_that_is_set_changes_nobody(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """psutil's start of a process moves with the clock."""
    me = identity.identity(os.getpid())
    assert me
    run = bench.started(pid=me.pid, ticks=me.pid_ticks)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3600.0)
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: real() + 3600.0)
    assert bench.look(run.id).status.active


def test_a_stopped_engine_is_there() -> None:
    with subprocess.Popen(["sleep", "30"]) as process:
        try:
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
            seen = identity._state_and_ticks(process.pid)
            assert seen
            assert seen[0] == "T"
        finally:
            process.kill()
