"""Engines forked from a warm one: as true as cold ones, whatever becomes of whom."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.contract.warming import Begin, Start
from graftui.models import RunReason, RunStatus
from graftui.registry.attempts import read_one
from graftui.scheduler.environment import for_engines
from graftui.scheduler.executors import Executors, warm
from graftui.scheduler.executors.local import Local
from graftui.scheduler.executors.warm import Warm
from graftui.scheduler.identity import Life, life
from graftui.scheduler.supervise import Supervisor
from tests.scheduler.scheduler_bench import Bench, plan

FAKE = Path(__file__).with_name("fake_engine.py")
PYTHON = f"""#!/bin/sh
[ "$2" = engine ] && exec {sys.executable} -S {FAKE} "$3"
exec {sys.executable} "$@"
"""
"""Cold engines are the fake one, as in all these tests."""


@pytest.fixture
def supervisor(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """One in this process, three runs at once, whose engines come of a warm one that is light."""
    python = bench.settings.root / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    monkeypatch.setattr(warm, "_MODULE", "tests.scheduler.light_warm")
    monkeypatch.setattr(warm, "_possible", lambda python: True)
    made = Supervisor(replace(bench.settings, python=str(python), jobs=3))
    yield made
    _warm(made).close()


def _warm(supervisor: Supervisor) -> Warm:
    local = supervisor.executors["local"]
    assert isinstance(local, Local)
    return local._warm


def number(supervisor: Supervisor) -> int:
    """Of the warm process, once it is up; 0: there is none."""
    process = _warm(supervisor)._process
    return process.child.pid if process is not None and process.up else 0


def tick_until(supervisor: Supervisor, holds: Callable[[], object]) -> None:
    until = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < until, "it does not come to that"
        supervisor.tick()
        time.sleep(0.02)


def test_a_child_is_an_engine_as_any_other(
    bench: Bench, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFTUI_SAYS", "so")
    (run,) = bench.submit(plan("tell"))
    supervisor.tick()
    assert bench.get(run.id).status is RunStatus.queued, "it waits where it is until one is up"
    come_up(supervisor)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")  # of an attempt: the warm one stays
    first = number(supervisor)
    supervisor.drain()
    ended = bench.get(run.id)
    run_dir = bench.settings.run_dir(run.id)
    told = json.loads(run_dir.output.read_text())
    assert (told["CUDA_VISIBLE_DEVICES"], told["GRAFTUI_SAYS"]) == ("7", "so")
    assert (told["cwd"], told["session"], told["in"]) == (str(bench.settings.root), True, "")
    command = [sys.executable, "-m", "engine", str(run_dir.path), "--attempt", "1"]
    assert told["name"] == command
    assert told["attempt"]["pid"] == ended.attempt.pid
    assert told["attempt"]["pid_ticks"] == ended.attempt.pid_ticks
    assert (ended.attempt.exit_code, ended.attempt.n) == (0, 1)
    assert 1 << 20 < (ended.attempt.peak_bytes or 0) < 1 << 30
    assert read_one(run_dir, 1) == ended.attempt
    assert number(supervisor) == first


def test_a_killed_child_takes_nothing_with_it(bench: Bench, supervisor: Supervisor) -> None:
    victim, other, deaf = bench.submit(plan("sleep"), plan("mute"), plan("sleep"))
    tick_until(supervisor, lambda: bench.get(deaf.id).step == bench.get(victim.id).step == 3)
    kill(bench.get(victim.id).attempt.pid)
    kill(bench.get(deaf.id).attempt.pid, signal.SIGTERM)
    supervisor.drain()
    ends = [bench.get(run.id) for run in (victim, other, deaf)]
    assert [run.status for run in ends] == [
        RunStatus.failed, RunStatus.failed, RunStatus.cancelled,
    ]  # fmt: skip
    assert [(run.attempt.exit_code, run.attempt.signal) for run in ends] == [
        (None, 9), (7, None), (0, None),
    ]  # fmt: skip
    assert ends[0].reason == RunReason.killed
    assert "goodbye" in ends[1].log_tail
    assert number(supervisor)


def test_the_warm_one_is_killed_and_its_children_go_on(
    bench: Bench, supervisor: Supervisor
) -> None:
    first, second = bench.submit(plan("sleep"), plan("deaf"))
    tick_until(supervisor, lambda: bench.get(first.id).step == bench.get(second.id).step == 3)
    gone = number(supervisor)
    kill(gone)
    supervisor.tick()
    assert all(life(bench.get(run.id).attempt) is Life.alive for run in (first, second))
    kill(bench.get(second.id).attempt.pid)
    (third,) = bench.submit(plan("finish"))
    tick_until(supervisor, lambda: bench.get(third.id).status is RunStatus.finished)
    assert bench.get(second.id).attempt.signal == 9, "its end is seen, though its parent is gone"
    kill(bench.get(first.id).attempt.pid, signal.SIGTERM)
    supervisor.drain()
    assert bench.get(first.id).status is RunStatus.cancelled
    assert number(supervisor) not in (0, gone), "another one has taken over"


def test_a_stopped_one_is_not_waited_for(
    bench: Bench, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = come_up(supervisor)
    monkeypatch.setattr(warm, "_FORKING_S", 0.2)
    os.kill(stopped, signal.SIGSTOP)
    ran_cold(bench, supervisor)
    assert not Path(f"/proc/{stopped}").exists()


def test_one_that_must_not_fork_does_not(
    bench: Bench, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIGHT", "thread")
    ran_cold(bench, supervisor)
    assert supervisor.executors.ready("local"), "no other is tried"
    assert not _warm(supervisor)._process


def test_one_that_is_idle_ends_and_another_comes_when_there_is_work(
    bench: Bench, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIGHT", "idle")
    gone = come_up(supervisor)
    process = _warm(supervisor)._process
    assert process
    assert process.child.wait(120) == 0
    monkeypatch.delenv("LIGHT")
    (run,) = bench.submit(plan("finish"))
    supervisor.drain()
    assert bench.get(run.id).status is RunStatus.finished
    assert number(supervisor) not in (0, gone)


def test_another_environment_is_another_one(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = come_up(supervisor)
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    assert not supervisor.executors.ready("local")
    assert come_up(supervisor) != first
    assert not Path(f"/proc/{first}").exists()


def test_code_that_changed_is_loaded_anew(
    bench: Bench, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = bench.settings.root / "edited.py"
    module.write_text("version = 1\n")
    monkeypatch.setenv("LIGHT", f"import {bench.settings.root}")
    first = come_up(supervisor)
    module.write_text("version = 20\n")
    ran_cold(bench, supervisor)
    assert come_up(supervisor) not in (0, first)


def test_it_ends_with_who_started_it(supervisor: Supervisor) -> None:
    come_up(supervisor)
    process = _warm(supervisor)._process
    assert process
    process.channel.close()  # as the kernel does of one that is killed
    assert process.child.wait(120) == 0


def test_who_has_not_been_told_to_begin_does_nothing(bench: Bench, supervisor: Supervisor) -> None:
    """Who asked is killed before it knows the child: it would start the run anew."""
    come_up(supervisor)
    (run,) = bench.submit(plan("finish"))
    seen = []

    def killed(pid: int) -> Begin:
        seen.append(pid)
        raise KeyboardInterrupt

    start = Start([str(bench.settings.run_dir(run.id).path)], ".", for_engines())
    with (bench.settings.root / "output").open("w+b") as output:
        with pytest.raises(KeyboardInterrupt):
            _warm(supervisor).fork(start, output, killed)
        assert os.waitpid(seen[0], 0)[1] == 0
        assert output.read() == b""
    assert not bench.settings.run_dir(run.id).events.exists()


def test_it_can_be_turned_off(bench: Bench, supervisor: Supervisor) -> None:
    supervisor.executors = Executors(replace(supervisor.settings, warm=False))
    ran_cold(bench, supervisor)


def test_an_interpreter_that_is_a_script_may_do_more_than_python(tmp_path: Path) -> None:
    script = tmp_path / "python"
    script.write_text(PYTHON)
    assert warm._possible(sys.executable)
    assert not warm._possible(str(script))
    assert not warm._possible(str(tmp_path / "none"))


def come_up(supervisor: Supervisor) -> int:
    """The number of the one that is up by then."""
    until = time.monotonic() + 300
    while not supervisor.executors.ready("local"):
        assert time.monotonic() < until
        time.sleep(0.01)
    return number(supervisor)


def ran_cold(bench: Bench, supervisor: Supervisor) -> None:
    """Have a run, and see that its engine is not forked, and the only one."""
    (run,) = bench.submit(plan("unsaid"))
    supervisor.drain()
    run = bench.get(run.id)
    assert (run.status, run.attempt.n, run.attempt.exit_code) == (RunStatus.finished, 1, 0)
    local = supervisor.executors["local"]
    assert isinstance(local, Local)
    assert local._children[run.id, 1].process is not None


def kill(pid: int | None, number: int = signal.SIGKILL) -> None:
    assert pid
    os.kill(pid, number)
