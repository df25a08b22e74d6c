"""Runs handed to a pretend cluster: arrays, answers that do not come, jobs that are forgotten."""

import os
import threading
import time
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest

from engine.contract import events as ev
from graftui.models import Run, RunReason, RunStatus
from graftui.registry import connect
from graftui.registry import store as registry
from graftui.registry.store import Store
from graftui.scheduler import handing, handover
from graftui.scheduler.cancel import cancel
from graftui.scheduler.executors.slurm import executor, sights
from graftui.scheduler.executors.slurm.commands import NoRoom, Refused
from graftui.scheduler.executors.slurm.marks import Marks
from graftui.scheduler.executors.slurm.snapshot import load
from graftui.scheduler.queue import queue_file
from graftui.scheduler.queue.outlook import outlook
from graftui.scheduler.supervise import Supervisor
from graftui.show.queue import as_json
from graftui.turns import Group, Turn
from tests.scheduler.scheduler_bench import Bench, condition, plan
from tests.scheduler.slurm.pretend import Pretend, until


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute and a half passes at once."""
    monkeypatch.setattr(handing, "_EVERY_S", 0.0)
    monkeypatch.setattr(executor, "EVERY_S", 0.0)
    monkeypatch.setattr(sights, "SETTLE_S", -1.0)


def on_slurm(bench: Bench, count: int) -> list[Run]:
    return bench.submit(*[replace(plan("finish"), executor="slurm")] * count)


def jobs(bench: Bench, runs: list[Run]) -> list[str]:
    with Store.open(bench.settings.db) as store:
        return [store.get(run.id).attempt.job for run in runs]


def said(bench: Bench, run: Run, event: ev.Event) -> None:
    with bench.settings.run_dir(run.id).events.open("ab") as file:
        file.write(ev.dumps(event))


def marks(bench: Bench, run: Run) -> Marks:
    return Marks.of(bench.settings.run_dir(run.id), bench.get(run.id).attempt.n)


def left(bench: Bench, run: Run, text: str) -> None:
    """As its job does."""
    folder = bench.settings.run_dir(run.id).attempts
    (folder / "1.claim").write_text(f"{bench.get(run.id).attempt.job} 0 n1\n")
    (folder / "1.exit").write_text(text)


def waited_for(bench: Bench) -> set[str]:
    """Why Slurm has yet to start what was handed to it, as `graftui queue` says."""
    with Store.open(bench.settings.db) as store:
        seen = as_json(outlook(bench.settings, store), 0)
    return {run["waits_for"] for run in seen["at_work"] if run["job"]}


def test_what_is_ready_is_one_array_and_takes_no_place_here(bench: Bench, pretend: Pretend) -> None:
    runs = on_slurm(bench, 3)
    (after,) = bench.submit(replace(plan("finish", "graft", runs[0].id), executor="slurm"))
    (own,) = bench.submit(plan("finish"))
    supervisor = Supervisor(bench.settings)
    until(supervisor, lambda: bench.get(own.id).status is RunStatus.finished)
    until(supervisor, lambda: jobs(bench, runs) == ["41_0", "41_1", "41_2"])
    assert len(pretend.scripts) == 1
    assert bench.get(after.id).status is RunStatus.queued
    assert condition(bench, bench.get(runs[0].id)) == "waiting"
    until(supervisor, lambda: waited_for(bench) == {"Resources"})  # asked for once they are there
    for run in runs:
        said(bench, run, ev.Finished(t=9.0, seconds=1.0))
        left(bench, run, '{"code": 0}')
    until(supervisor, lambda: bench.get(after.id).attempt.job == "42_0")
    assert [bench.get(run.id).status for run in runs] == [RunStatus.finished] * 3


def test_arrays_are_as_large_as_slurm_takes_them(bench: Bench, pretend: Pretend) -> None:
    pretend.array = 2
    runs = on_slurm(bench, 5)
    until(Supervisor(bench.settings), lambda: all(jobs(bench, runs)))
    assert jobs(bench, runs) == ["41_0", "41_1", "42_0", "42_1", "43_0"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time that passes only where a run's files are read or written: 10 ms each."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def slow(module: Any, name: str) -> None:
        real = getattr(module, name)

        def slowed(*given: Any) -> Any:
            now[0] += 0.01
            return real(*given)

        monkeypatch.setattr(module, name, slowed)

    slow(handover, "note_of")
    slow(handover, "write")
    return now


def ticked(supervisor: Supervisor, clock: list[float]) -> float:
    """How long a tick takes by that clock; a second passes between two."""
    before, others = clock[0], {*threading.enumerate()}
    supervisor.tick()
    for thread in {*threading.enumerate()} - others:  # one asks Slurm
        thread.join()
    took, clock[0] = clock[0] - before, clock[0] + 1.0
    return took


def test_a_large_array_is_handed_over_a_little_at_each_tick(
    bench: Bench, pretend: Pretend, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = Mock(wraps=connect.immediate)
    monkeypatch.setattr(registry, "immediate", writes)
    transactions = []
    for count in (20, 40):
        runs = on_slurm(bench, count)
        supervisor, ticks = Supervisor(bench.settings), list[float]()
        writes.reset_mock()
        while not all(job.endswith(f"_{n}") for n, job in enumerate(jobs(bench, runs))):
            ticks.append(ticked(supervisor, clock))
        transactions.append(writes.call_count)
        assert max(ticks) < 0.35, "so long, about, a look or a kill may have to wait"
        assert sum(ticks) > 0.01 * 2 * count, "each was looked at, and noted in its folder"
    assert len(pretend.scripts) == 2, "it is one array all the same"
    assert transactions[0] == transactions[1]


def test_what_was_not_submitted_as_its_supervisor_was_killed_is_submitted_again(
    bench: Bench, pretend: Pretend, clock: list[float]
) -> None:
    runs = on_slurm(bench, 20)
    killed = Supervisor(bench.settings)
    while not all(jobs(bench, runs)):
        ticked(killed, clock)
    assert not pretend.scripts, "they have names, and Slurm has not heard of them"
    following = Supervisor(bench.settings)
    while jobs(bench, runs) != [f"41_{task}" for task in range(20)]:
        ticked(following, clock)
    assert {bench.get(run.id).attempt.n for run in runs} == {2}


def test_a_group_is_as_wide_as_its_arrays(bench: Bench, pretend: Pretend) -> None:
    with Store.open(bench.settings.db) as store:
        queue_file.change(
            bench.settings, store, lambda said: replace(said, groups={"big": Group(2)})
        )
    big = [replace(plan("finish"), executor="slurm", turn=Turn(queue_group="big"))] * 3
    runs = [*bench.submit(*big), *on_slurm(bench, 2)]
    until(Supervisor(bench.settings), lambda: all(jobs(bench, runs)))
    arrays = [line for text in pretend.scripts for line in text.splitlines() if "--array" in line]
    assert arrays == ["#SBATCH --array=0-2%2", "#SBATCH --array=0-1"]


def test_folders_of_what_was_submitted_go_with_their_last_run(
    bench: Bench, pretend: Pretend
) -> None:
    runs = on_slurm(bench, 2)
    supervisor = Supervisor(bench.settings)
    until(supervisor, lambda: all(jobs(bench, runs)))
    (folder,) = (bench.settings.data / "slurm").glob("graftui-*/")
    for run in runs:
        assert folder.is_dir()
        said(bench, run, ev.Finished(t=9.0, seconds=1.0))
        left(bench, run, '{"code": 0}')
        until(supervisor, lambda run=run: not bench.get(run.id).status.active)  # type: ignore[misc]
    until(supervisor, lambda: not folder.exists())


def test_a_cluster_without_room_gets_them_later(bench: Bench, pretend: Pretend) -> None:
    pretend.refusal = NoRoom("sbatch: error: QOSMaxSubmitJobPerUserLimit")
    runs = on_slurm(bench, 4)
    supervisor = Supervisor(bench.settings)
    slurm = supervisor.executors["slurm"]
    assert isinstance(slurm, executor.Slurm)
    until(supervisor, lambda: slurm._full_until > 0)
    assert {bench.get(run.id).status for run in runs} == {RunStatus.queued}
    assert {bench.get(run.id).attempt.n for run in runs} == {0}, "it was no attempt"
    pretend.refusal, slurm._full_until = None, 0.0
    until(supervisor, lambda: all(jobs(bench, runs)))
    assert jobs(bench, runs) == ["41_0", "41_1", "42_0", "42_1"], "half as many at once"
    more = on_slurm(bench, 4)
    until(supervisor, lambda: all(jobs(bench, more)))
    assert jobs(bench, more) == [f"43_{task}" for task in range(4)], "and then more again"


def test_what_slurm_will_not_have_has_failed(bench: Bench, pretend: Pretend) -> None:
    pretend.refusal = Refused("sbatch: error: invalid partition specified: nope", "See [slurm].")
    (run,) = on_slurm(bench, 1)
    Supervisor(bench.settings).drain()
    run = bench.get(run.id)
    assert (run.status, run.reason) == (RunStatus.failed, RunReason.config)
    assert "invalid partition" in run.message


def test_nothing_is_said_of_runs_while_the_controller_is_away(
    bench: Bench, pretend: Pretend
) -> None:
    (run, other) = on_slurm(bench, 2)
    supervisor = Supervisor(bench.settings)
    until(supervisor, lambda: bool(bench.get(run.id).attempt.job))
    pretend.away = True
    slurm = supervisor.executors["slurm"]
    assert isinstance(slurm, executor.Slurm)
    until(supervisor, lambda: bool(slurm._snapshot.trouble))
    slurm._keep(replace(slurm._snapshot, answered_at=1.0))
    bench.change(run.id, seen_at=1.0, heard_at=1.0)
    assert bench.look(run.id).status is RunStatus.starting
    assert condition(bench, bench.get(run.id)) == "elsewhere"
    assert cancel(bench.settings, run.id).status is RunStatus.cancelled, "it never began"
    said(bench, other, ev.Finished(t=9.0, seconds=1.0))
    assert bench.look(other.id).status is RunStatus.finished


def test_jobs_whose_number_never_came_are_known_by_their_name(
    bench: Bench, pretend: Pretend
) -> None:
    pretend.loses_answers = True
    runs = on_slurm(bench, 2)
    until(Supervisor(bench.settings), lambda: jobs(bench, runs) == ["41_0", "41_1"])
    assert len(pretend.scripts) == 1


def test_a_job_that_slurm_forgot_before_it_began_is_submitted_again(
    bench: Bench, pretend: Pretend
) -> None:
    (run,) = on_slurm(bench, 1)
    supervisor = Supervisor(bench.settings)
    until(supervisor, lambda: jobs(bench, [run]) == ["41_0"])
    first = marks(bench, run)
    pretend.jobs.clear()
    until(supervisor, lambda: jobs(bench, [run]) == ["42_0"])
    assert bench.get(run.id).attempt.n == 2
    assert first.there() == {"stop"}, "should it come after all, it leaves"


def test_one_that_vanished_while_nobody_looked_is_lost_and_not_started_again(
    bench: Bench, pretend: Pretend
) -> None:
    (run,) = on_slurm(bench, 1)
    supervisor = Supervisor(bench.settings)
    until(supervisor, lambda: jobs(bench, [run]) == ["41_0"])
    slurm = supervisor.executors["slurm"]
    assert isinstance(slurm, executor.Slurm)
    slurm._question = None
    long_ago = {job: replace(seen, at=1.0) for job, seen in slurm._snapshot.seen.items()}
    slurm._keep(slurm._snapshot.with_jobs(long_ago))
    pretend.jobs.clear()
    until(Supervisor(bench.settings), lambda: bench.get(run.id).status is RunStatus.lost)
    assert "never began" in bench.get(run.id).message
    assert len(pretend.scripts) == 1


@pytest.mark.parametrize(
    ("state", "status", "reason", "words"),
    [
        ("CANCELLED", RunStatus.cancelled, None, "from outside"),
        ("TIMEOUT", RunStatus.failed, RunReason.killed, "time limit"),
        ("NODE_FAIL", RunStatus.failed, RunReason.killed, "node n1"),
        ("OUT_OF_MEMORY", RunStatus.failed, RunReason.oom, "for memory"),
        ("COMPLETED", RunStatus.failed, RunReason.crashed, "left no word"),
    ],
)
def test_how_a_job_ended_that_left_no_word(
    bench: Bench,
    pretend: Pretend,
    state: str,
    status: RunStatus,
    reason: RunReason | None,
    words: str,
) -> None:
    (run,) = on_slurm(bench, 1)
    supervisor = Supervisor(bench.settings)
    until(supervisor, lambda: jobs(bench, [run]) == ["41_0"])
    pretend.say("41_0", state)
    until(supervisor, lambda: not bench.get(run.id).status.active)
    run = bench.get(run.id)
    assert (run.status, run.reason) == (status, reason)
    assert words in run.message
    assert f"graftui rerun {run.id}" in run.hint


@pytest.mark.parametrize(
    ("state", "status", "life"),
    [
        ("PENDING", RunStatus.starting, "waiting"),
        ("FAILED", RunStatus.failed, ""),
        ("CANCELLED", RunStatus.cancelled, ""),
        ("", RunStatus.cancelled, ""),
    ],
)
def test_of_one_that_let_go_of_its_claim_slurm_says_what_comes_next(
    bench: Bench, pretend: Pretend, state: str, status: RunStatus, life: str
) -> None:
    (run,) = on_slurm(bench, 1)
    supervisor = Supervisor(replace(bench.settings, retry=1))
    until(supervisor, lambda: jobs(bench, [run]) == ["41_0"])
    claim = bench.settings.run_dir(run.id).attempts / "1.claim"
    claim.write_text("41_0 0 n1\n")
    os.utime(claim, (0, 0))
    if state:
        pretend.say("41_0", state)
    else:
        pretend.jobs.clear()
    if status is RunStatus.failed:
        until(supervisor, lambda: bench.get(run.id).attempt.n == 2)
        return
    until(supervisor, lambda: bench.get(run.id).status is status)
    assert condition(bench, bench.get(run.id)) == life
    assert bench.get(run.id).attempt.n == 1, "what somebody cancelled is not put back by `retry`"


def test_what_its_job_left_comes_before_what_slurm_says(bench: Bench, pretend: Pretend) -> None:
    (run,) = on_slurm(bench, 1)
    supervisor = Supervisor(bench.settings)
    until(supervisor, lambda: jobs(bench, [run]) == ["41_0"])
    left(bench, run, '{"code": 127, "why": "python", "host": "n2"}')
    run = bench.look(run.id)
    assert (run.status, run.reason) == (RunStatus.failed, RunReason.config)
    assert "no python on n2" in run.message
    assert run.attempt.exit_code == 127


def test_cancelling_stops_the_job(bench: Bench, pretend: Pretend) -> None:
    (run,) = on_slurm(bench, 1)
    supervisor = Supervisor(bench.settings)
    until(supervisor, lambda: jobs(bench, [run]) == ["41_0"])
    ended = cancel(bench.settings, run.id)
    assert ended.status is RunStatus.cancelled
    assert pretend.jobs["41_0"].state == "CANCELLED"
    assert marks(bench, run).there() == {"stop"}


def test_squeue_is_asked_seldom_however_many_look(
    bench: Bench, pretend: Pretend, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = on_slurm(bench, 1)
    supervisor = Supervisor(bench.settings)
    until(supervisor, lambda: jobs(bench, [run]) == ["41_0"])
    monkeypatch.setattr(executor, "EVERY_S", 30.0)
    until(supervisor, lambda: supervisor.executors["slurm"]._question is None)  # type: ignore[attr-defined]
    before = pretend.asked
    for _ in range(5):
        supervisor.tick()
        Supervisor(bench.settings).tick()
        bench.look(run.id)
    assert pretend.asked == before
    assert set(load(bench.settings.data / "slurm" / "jobs.json").seen) == {"41_0"}


def test_a_registry_made_anew_knows_the_jobs(bench: Bench, pretend: Pretend) -> None:
    (run,) = on_slurm(bench, 1)
    until(Supervisor(bench.settings), lambda: jobs(bench, [run]) == ["41_0"])
    bench.settings.db.unlink()
    assert bench.look(run.id).attempt.job == "41_0"
