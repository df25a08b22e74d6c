"""Runs from queue to end, through real processes."""

import os
import time
from dataclasses import replace

import pytest

from graftui.models import RunReason, RunStatus
from graftui.registry.card import read_card
from graftui.registry.store import Store
from graftui.scheduler import supervise
from graftui.scheduler.lock import supervised
from graftui.scheduler.look import ensure, packed
from tests.scheduler.scheduler_bench import Bench, plan


def test_a_recipe_of_two_runs_finishes_in_order(bench: Bench) -> None:
    first, second = bench.launch(plan("finish"), plan("finish", "graft", after=0))
    done = bench.ended(second.id)
    before = bench.get(first.id)
    assert (before.status, done.status) == (RunStatus.finished, RunStatus.finished)
    assert before.ended_at
    assert done.started_at
    assert before.ended_at <= done.started_at
    assert done.summary == {"accuracy": 0.75}
    assert done.config["finetuned"] == {
        "path": f"data/runs/{first.id}/checkpoint",
        "config_hash": first.config_hash,
    }
    with Store.open(bench.settings.db) as store:
        (curve,) = store.series(first.id)
        assert (curve.name, curve.steps) == ("train/loss", (1, 2, 3))
        assert store.scores([first.id])[first.id][0].scores == {"accuracy": 0.75}
        assert [a.path for a in store.artifacts(first.id)] == ["checkpoint"]


def test_what_waits_for_a_failed_run_is_cancelled(bench: Bench) -> None:
    first, second, third = bench.launch(
        plan("fail"), plan("finish", "graft", after=0), plan("finish", "graft", after=1)
    )
    failed = bench.ended(first.id)
    assert (failed.status, failed.reason) == (RunStatus.failed, RunReason.diverged)
    assert (failed.message, failed.hint) == ("the loss is nan", "lower lr")
    assert bench.ended(second.id).status is RunStatus.cancelled
    assert f"run {first.id}, which is failed" in bench.get(second.id).message
    assert bench.ended(third.id).status is RunStatus.cancelled
    card = read_card(bench.settings.run_dir(third.id))
    assert card is not None
    assert card.verdict is not None
    assert card.verdict.message == bench.get(third.id).message, "known without the registry too"
    assert f"run {second.id}, which is cancelled" in bench.get(third.id).message


@pytest.mark.parametrize(("does", "code", "said"), [("crash", 1, "unforeseen"), ("mute", 7, "bye")])
def test_an_engine_without_a_last_event_has_crashed(
    bench: Bench, does: str, code: int, said: str
) -> None:
    (run,) = bench.launch(plan(does))
    run = bench.ended(run.id)
    assert (run.status, run.reason, run.attempt.exit_code) == (
        RunStatus.failed,
        RunReason.crashed,
        code,
    )
    assert said in run.log_tail
    assert f"exit code {code}" in run.message
    assert run.hint


def test_an_engine_that_cannot_be_started_fails_the_run(bench: Bench) -> None:
    bench.settings = replace(bench.settings, python="/no/such/python")
    (run,) = bench.launch(plan("finish"))
    run = bench.ended(run.id)
    assert (run.status, run.reason) == (RunStatus.failed, RunReason.crashed)
    assert "/no/such/python" in run.hint


def test_as_many_at_once_as_asked_for(bench: Bench) -> None:
    bench.settings = replace(bench.settings, jobs=2)
    runs = bench.launch(plan("sleep"), plan("sleep"), plan("sleep"))
    for run in runs[:2]:
        bench.at_work(run.id)
    time.sleep(0.3)
    assert bench.get(runs[2].id).status is RunStatus.queued


def test_the_supervisor_goes_when_all_is_done_and_strands_nothing(bench: Bench) -> None:
    """A run queued while the supervisor is on its way out is still run."""
    for _ in range(4):
        (run,) = bench.launch(plan("mute"))
        bench.ended(run.id)
    end = time.monotonic() + 300
    while supervised(bench.settings) and time.monotonic() < end:
        time.sleep(0.02)
    assert not supervised(bench.settings)


def test_a_run_queued_after_the_last_look_is_drained_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    drained = []

    def drain(self: supervise.Supervisor) -> None:
        drained.append(self)
        if len(drained) == 1:  # its last look is over, but its lock still held
            bench.launch(plan("finish"))
            return
        with Store.open(bench.settings.db) as store:
            store.update(store.resolve("last").id, status=RunStatus.finished)

    monkeypatch.setattr(supervise.Supervisor, "drain", drain)
    monkeypatch.setattr("sys.argv", ["supervise", packed(bench.settings)])
    supervise.main()
    assert len(drained) == 2
    assert not (bench.settings.data / "supervisor.log").exists()  # `ensure` started none


@pytest.mark.parametrize("full", [True, False])
def test_a_full_disk_is_waited_for_and_other_trouble_is_not(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    """How the engines that it started ended is known to nobody but their supervisor."""
    ticks = iter([OSError(28, "No space left on device")] * 9)

    def tick(_self: supervise.Supervisor) -> bool:
        if trouble := next(ticks, None):
            raise trouble
        return False

    monkeypatch.setattr(supervise, "_PATIENCE", 3)
    monkeypatch.setattr(supervise, "no_room", lambda _folder: full)
    monkeypatch.setattr("graftui.scheduler.supervise.time.sleep", lambda _s: None)
    monkeypatch.setattr(supervise.Supervisor, "tick", tick)
    if full:
        supervise.Supervisor(bench.settings).drain()
        assert next(ticks, None) is None, "all trouble is over"
    else:
        with pytest.raises(SystemExit):
            supervise.Supervisor(bench.settings).drain()
        assert len(list(ticks)) == 6


def test_many_that_ensure_at_once_make_one_supervisor(bench: Bench) -> None:
    (run,) = bench.submit(plan("sleep"))
    for _ in range(4):
        ensure(bench.settings)
    bench.at_work(run.id)
    time.sleep(0.5)
    log = (bench.settings.data / "supervisor.log").read_text()
    assert log.count("supervising") == 1
    assert log.count("started") == 1


def test_the_engine_has_a_session_and_an_environment_of_its_own(bench: Bench) -> None:
    (run,) = bench.launch(plan("sleep"))
    run = bench.at_work(run.id)
    assert run.attempt.pid
    assert os.getsid(run.attempt.pid) == run.attempt.pid
    with open(f"/proc/{run.attempt.pid}/environ", "rb") as file:
        environment = file.read().split(b"\0")
    assert b"OMP_WAIT_POLICY=PASSIVE" in environment
    assert b"GOMP_SPINCOUNT=3000" in environment
    assert b"TOKENIZERS_PARALLELISM=false" in environment
    assert bench.settings.run_dir(run.id).output.exists()
