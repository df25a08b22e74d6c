"""kill -9 at any point: no run stays "running" that isn't."""

import os
import signal
import time
from typing import Any

import pytest

from graftui.models import Run, RunReason, RunStatus, Verdict
from graftui.registry.attempts import read_one
from graftui.registry.card import read_card
from graftui.registry.store import Store
from graftui.scheduler import supervise
from graftui.scheduler.identity import Life, life
from graftui.scheduler.lock import supervised
from graftui.scheduler.look import ensure
from graftui.settings import Settings
from tests.scheduler.scheduler_bench import Bench, plan


def kill_supervisor(bench: Bench) -> None:
    os.kill(bench.supervisor(), signal.SIGKILL)
    while supervised(bench.settings):
        time.sleep(0.02)


def kill_engine(run: Run) -> None:
    assert run.attempt.pid
    os.kill(run.attempt.pid, signal.SIGKILL)
    while life(run.attempt) is Life.alive:
        time.sleep(0.005)


def test_a_killed_engine_has_failed_with_the_signal(bench: Bench) -> None:
    (run,) = bench.launch(plan("sleep"))
    kill_engine(bench.at_work(run.id))
    run = bench.look(run.id)
    assert (run.status, run.reason, run.attempt.signal) == (RunStatus.failed, RunReason.killed, 9)
    assert "SIGKILL" in run.message
    assert "out-of-memory" in run.hint
    place = bench.settings.run_dir(run.id)
    card, attempt = read_card(place), read_one(place, 1)
    assert card
    assert card.verdict
    assert card.verdict.reason == RunReason.killed
    assert attempt == run.attempt, "its folder says what its row says"


def test_supervisor_then_engine_killed_the_run_is_lost(bench: Bench) -> None:
    (run,) = bench.launch(plan("sleep"))
    run = bench.at_work(run.id)
    kill_supervisor(bench)
    assert bench.look(run.id).status is RunStatus.running  # it outlives its supervisor
    kill_engine(run)
    run = bench.look(run.id)
    assert run.status is RunStatus.lost
    assert "Last heard of" in run.message
    assert f"graftui rerun {run.id}" in run.hint


def test_the_next_supervisor_counts_and_watches_what_it_did_not_start(bench: Bench) -> None:
    first, second = bench.launch(plan("sleep"), plan("finish"))
    first = bench.at_work(first.id)
    kill_supervisor(bench)
    ensure(bench.settings)
    time.sleep(0.8)
    assert bench.get(second.id).status is RunStatus.queued
    kill_engine(first)
    assert bench.ended(first.id).status is RunStatus.lost
    assert bench.ended(second.id).status is RunStatus.finished


def test_an_engine_that_ends_well_without_supervisor_has_finished(bench: Bench) -> None:
    (run,) = bench.launch(plan("sleep"))
    run = bench.at_work(run.id)
    kill_supervisor(bench)
    assert run.attempt.pid
    os.kill(run.attempt.pid, signal.SIGTERM)  # by hand: its own last event says so
    while bench.look(run.id).status.active:
        time.sleep(0.02)
    assert bench.get(run.id).message == "stopped at step 3"


def test_an_end_noted_between_two_looks_is_the_one_that_is_kept(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`cancel` settles a run just as the supervisor is about to."""
    (run,) = bench.submit(plan("mute"))
    real = supervise.__dict__["settle"]

    def late(settings: Settings, store: Store, run_id: str, verdict: Verdict, only_if: Any) -> bool:
        cancelled = Verdict(status=RunStatus.cancelled, ended_at=1.0, message="by hand")
        assert real(settings, store, run_id, cancelled)
        return real(settings, store, run_id, verdict, only_if)

    monkeypatch.setattr(supervise, "settle", late)
    supervise.Supervisor(bench.settings).drain()
    run = bench.get(run.id)
    assert (run.status, run.message, run.attempt.exit_code) == (RunStatus.cancelled, "by hand", 7)
    card = read_card(bench.settings.run_dir(run.id))
    assert card
    assert card.verdict
    assert card.verdict.status is RunStatus.cancelled
    attempt = read_one(bench.settings.run_dir(run.id), 1)
    assert attempt
    assert attempt.exit_code == 7
