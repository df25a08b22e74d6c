"""Stopping and deleting runs; nobody else's process is ever signalled."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest

from graftui.errors import UsageError
from graftui.models import Run, RunStatus
from graftui.registry.store import Store
from graftui.scheduler import cancel as cancelling
from graftui.scheduler import identity
from graftui.scheduler.cancel import cancel, remove
from graftui.scheduler.identity import Identity, Life, life
from graftui.scheduler.queue.claims import claim_next
from graftui.scheduler.resume import resume
from tests.scheduler.scheduler_bench import Bench, condition, plan


@pytest.fixture
def stranger() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has nothing to do with graftui."""
    process = subprocess.Popen(["sleep", "30"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def claimed_as(bench: Bench, who: Identity) -> Run:
    """A running run whose process is said to be `who`."""
    (run,) = bench.submit(plan("sleep"))
    with Store.open(bench.settings.db) as store:
        claim_next(bench.settings, store)
        now = time.time()
        store.update(run.id, status=RunStatus.running, heard_at=now, seen_at=now)
    return bench.change(run.id, **asdict(who))


def test_a_queued_run_is_cancelled_at_once_and_what_waits_for_it(bench: Bench) -> None:
    first, second = bench.submit(plan("finish"), plan("finish", "graft", after=0))
    assert cancel(bench.settings, first.id).status is RunStatus.cancelled
    assert bench.get(second.id).status is RunStatus.cancelled


def test_a_running_run_stops_and_says_so_itself(bench: Bench) -> None:
    (run,) = bench.launch(plan("sleep"))
    bench.at_work(run.id)
    run = cancel(bench.settings, run.id)
    assert (run.status, run.message) == (RunStatus.cancelled, "stopped at step 3")
    bench.until(run.id, lambda run: run.attempt.exit_code == 0)  # the supervisor adds it
    with pytest.raises(UsageError, match="is cancelled already"):
        cancel(bench.settings, run.id)


def test_a_stopped_run_hears_it_all_the_same(bench: Bench) -> None:
    (run,) = bench.launch(plan("sleep"))
    run = bench.at_work(run.id)
    assert run.attempt.pid
    os.kill(run.attempt.pid, signal.SIGSTOP)
    bench.until(run.id, lambda run: condition(bench, run) == "stalled")
    assert cancel(bench.settings, run.id).message == "stopped at step 3"


def test_one_that_does_not_listen_is_killed_after_the_grace(bench: Bench) -> None:
    bench.settings = replace(bench.settings, grace_s=0.3)
    (run,) = bench.launch(plan("deaf"))
    bench.at_work(run.id)
    run = cancel(bench.settings, run.id)
    assert run.status is RunStatus.cancelled
    assert "killed" in run.message
    run = bench.until(run.id, lambda run: run.attempt.signal == signal.SIGKILL)
    assert life(run.attempt) is not Life.alive
    assert run.status is RunStatus.cancelled


def test_a_run_just_being_started_is_cancelled_too(bench: Bench) -> None:
    (run,) = bench.launch(plan("sleep"))
    bench.until(run.id, lambda run: run.status is not RunStatus.queued)
    run = cancel(bench.settings, run.id)
    assert run.status is RunStatus.cancelled
    assert life(run.attempt) is not Life.alive


def test_a_reused_pid_is_never_signalled(bench: Bench, stranger: "subprocess.Popen[bytes]") -> None:
    who = identity.identity(stranger.pid)
    assert who
    run = claimed_as(bench, replace(who, pid_ticks=who.pid_ticks - 1))
    with pytest.raises(UsageError, match="is lost already"):
        cancel(bench.settings, run.id)
    assert stranger.poll() is None


def test_a_zombie_is_not_alive(bench: Bench) -> None:
    process = subprocess.Popen(["sleep", "30"])
    who = identity.identity(process.pid)
    assert who
    run = claimed_as(bench, who)
    assert life(run.attempt) is Life.alive
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert life(run.attempt) is Life.zombie
    assert bench.look(run.id).status is RunStatus.lost
    process.wait()


def test_deleting_takes_row_and_directory(bench: Bench) -> None:
    (run,) = bench.submit(plan("finish"))
    cancel(bench.settings, run.id)
    remove(bench.settings, [run.id], now=True)
    assert not list(bench.settings.runs.iterdir())
    with Store.open(bench.settings.db) as store:
        assert store.count() == 0


def test_one_that_somebody_queued_meanwhile_is_not_deleted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = bench.submit(plan("finish"))
    cancel(bench.settings, run.id)
    looked_at = cancelling._staying

    def staying(*asked: Any) -> list[Run]:
        stay = looked_at(*asked)
        resume(bench.settings, [run])
        return stay

    monkeypatch.setattr(cancelling, "_staying", staying)
    with pytest.raises(UsageError, match=f"Run {run.id} is queued by now"):
        remove(bench.settings, [run.id])
    assert bench.settings.run_dir(run.id).config.exists()
    assert bench.get(run.id).status is RunStatus.queued


def test_what_is_at_work_or_needed_is_not_deleted(bench: Bench) -> None:
    (parent,) = bench.launch(plan("finish"))
    bench.ended(parent.id)
    (child,) = bench.launch(plan("sleep", "graft", after=parent.id))
    with pytest.raises(UsageError, match=f"{child.id} is "):
        remove(bench.settings, [child.id])
    with pytest.raises(UsageError, match=f"uses the result of run {parent.id}"):
        remove(bench.settings, [parent.id])
    assert (bench.settings.runs / parent.id / "checkpoint").is_dir()
    bench.at_work(child.id)
    cancel(bench.settings, child.id)
    remove(bench.settings, [parent.id, child.id], now=True)
    assert not list(bench.settings.runs.iterdir())
