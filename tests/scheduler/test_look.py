"""Any look that finds work and nobody at it starts a supervisor, which goes by the last wish."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from graftui.models import RunStatus
from graftui.registry import knobs
from graftui.registry.store import Store
from graftui.scheduler import look as looking
from graftui.scheduler import supervise
from graftui.scheduler.lock import lock_path, supervised
from graftui.scheduler.look import ensure, first_look, look
from graftui.scheduler.queue.work import work
from graftui.settings import Settings
from tests.scheduler.scheduler_bench import Bench, plan


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Those who asked for a supervisor; none is started."""
    asked: list[Settings] = []
    monkeypatch.setattr(looking, "ensure", asked.append)
    return asked


def look_at(bench: Bench) -> None:
    with Store.open(bench.settings.db) as store:
        look(bench.settings, store)


def test_a_look_sets_a_stranded_queue_going(bench: Bench) -> None:
    first, second = bench.launch(plan("sleep"), plan("finish", "graft", after=0))
    first = bench.at_work(first.id)
    os.kill(bench.supervisor(), signal.SIGKILL)
    while supervised(bench.settings):
        time.sleep(0.02)
    look_at(bench)
    assert first.attempt.pid
    os.kill(first.attempt.pid, signal.SIGTERM)
    assert bench.ended(second.id).message.startswith("It was to use the result"), "and ends it"


def test_many_looks_start_one_supervisor(bench: Bench) -> None:
    (run,) = bench.submit(plan("finish"))
    for _ in range(5):  # it takes longer to come up than these take
        look_at(bench)
    assert bench.ended(run.id).status is RunStatus.finished
    log = (bench.settings.data / "supervisor.log").read_text()
    assert log.count("supervising") == 1


def test_two_supervisors_of_two_hosts_share_a_log(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home on a network disk, say, where neither sees the other's lock."""
    path, script = bench.settings.data / "supervisor.log", bench.settings.root / "supervisor"
    script.write_text("#!/bin/sh\nread line\necho $line\n")
    script.chmod(0o755)
    started, (pipe, say) = subprocess.Popen, os.pipe()
    monkeypatch.setattr(sys, "executable", str(script))
    how = SimpleNamespace(
        Popen=lambda command, **more: started(command, **more | {"stdin": pipe}),
        DEVNULL=subprocess.DEVNULL,
        STDOUT=subprocess.STDOUT,
    )
    monkeypatch.setattr(looking, "subprocess", how)
    ensure(bench.settings)
    with path.open("a") as other:
        other.write("theirs\n")
    os.write(say, b"ours\n")
    looking._started[lock_path(bench.settings)].wait()
    assert path.read_text() == "theirs\nours\n"
    os.close(pipe)
    os.close(say)


def test_a_supervisor_on_its_way_out_is_not_waited_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has let the lock go and looked for the last time, but its process is still there."""
    (run,) = bench.submit(plan("finish"))
    with subprocess.Popen(["sleep", "60"]) as goes:
        path = lock_path(bench.settings)
        monkeypatch.setattr(looking, "_started", {path: goes})
        look_at(bench)
        assert not (bench.settings.data / "supervisor.log").exists(), "it has yet to come up"
        path.write_text(str(goes.pid))
        look_at(bench)
        assert bench.ended(run.id).status is RunStatus.finished
        goes.kill()


def test_where_nothing_can_be_done_nobody_is_asked(bench: Bench, asked: list[Settings]) -> None:
    (held,) = bench.submit(plan("finish"))
    (waits,) = bench.submit(plan("finish", "graft", after=held.id))
    look_at(bench)
    assert asked == [bench.settings]
    bench.change(held.id, status=RunStatus.held)
    look_at(bench)
    bench.change(held.id, status=RunStatus.lost, host="other", pid=1, pid_ticks=1)
    look_at(bench)
    bench.change(held.id, status=RunStatus.running, seen_at=time.time())
    look_at(bench)
    assert asked == [bench.settings]
    assert bench.get(waits.id).status is RunStatus.queued
    bench.change(held.id, status=RunStatus.finished)
    look_at(bench)
    assert asked == [bench.settings] * 2


def test_the_number_of_runs_at_once_is_read_as_it_goes(
    bench: Bench, asked: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(
        supervise.Supervisor, "_start", lambda _self, _store, run: started.append(run.id)
    )
    bench.submit(*[plan("sleep")] * 6)
    supervisor = supervise.Supervisor(bench.settings)

    def tick(jobs: int | None) -> int:
        with Store.open(bench.settings.db) as store:
            first_look(replace(bench.settings, jobs=jobs), store)
            look(replace(bench.settings, jobs=9), store)  # as a watcher of long ago goes on looking
        supervisor.tick()
        return len(started)

    assert [tick(None), tick(3), tick(None), tick(4), tick(2)] == [1, 3, 3, 4, 4]


def test_what_was_wished_is_for_this_queue(bench: Bench, asked: list[Settings]) -> None:
    (run,) = bench.submit(plan("finish"))
    bench.settings = replace(bench.settings, jobs=5, told=("jobs",))
    with Store.open(bench.settings.db) as store:
        first_look(bench.settings, store)
    supervisor = supervise.Supervisor(replace(bench.settings, jobs=None))
    with Store.open(bench.settings.db) as store:
        assert knobs.read(store, bench.settings.folder, "jobs") == 5
        store.update(run.id, status=RunStatus.finished)
        assert not supervisor.tick()
        assert knobs.read(store, bench.settings.folder, "jobs") is None
        assert not work(bench.settings, store)
