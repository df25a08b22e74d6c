"""A second executor, as somebody would add one: a class, and an entry by its name."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from engine.contract import events as ev
from graftui.errors import UsageError
from graftui.models import Attempt, Run, RunReason, RunStatus
from graftui.registry import attempts
from graftui.registry.attempts import read_one
from graftui.registry.store import Store
from graftui.scheduler.cancel import cancel
from graftui.scheduler.executors import EXECUTORS, Executors
from graftui.scheduler.executors.base import Executor, Exit, How, Sight
from graftui.scheduler.identity import Life
from graftui.scheduler.settle import note_end
from graftui.scheduler.supervise import Supervisor
from graftui.settings import Settings
from tests.scheduler.scheduler_bench import Bench, condition, plan

NOBODY = 2**22 + 5
"""No process has that number."""


@dataclass
class Cluster(Executor):
    """A pretend cluster: a job is a file that says where it stands, and goes on when looked at."""

    settings: Settings

    def start(self, run: Run) -> Attempt:
        job = f"job-{run.id}"
        self._file(job).write_text("waiting")
        return replace(run.attempt, job=job)

    def poll(self, attempts: Sequence[Attempt]) -> Sequence[Sight]:
        return [self._seen(attempt) for attempt in attempts]

    def stop(self, attempt: Attempt, how: How) -> None:
        self._file(attempt.job).write_text("stopped")

    def _seen(self, attempt: Attempt) -> Sight:
        file = self._file(attempt.job)
        match file.read_text():
            case "waiting":
                self._say(attempt, ev.Started(pid=NOBODY, host="node", device="", config_hash=""))
                file.write_text("running")
            case "running" if b"finish" in self.settings.run_dir(attempt.run).config.read_bytes():
                self._say(attempt, ev.Finished(t=9.0, seconds=1.0))
                file.write_text("done")
            case "done":
                return Sight(Life.gone, Exit(0))
            case "stopped":
                return Sight(Life.gone, Exit(143))
        return Sight(Life.alive)

    def _say(self, attempt: Attempt, event: ev.Event) -> None:
        with self.settings.run_dir(attempt.run).events.open("ab") as file:
            file.write(ev.dumps(event))

    def _file(self, job: str) -> Path:
        return self.settings.data / job


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXECUTORS, "cluster", Cluster)


def stop_once_it_runs(bench: Bench, id: str) -> threading.Thread:
    def wait_and_stop() -> None:
        bench.until(id, lambda run: run.status is RunStatus.running)
        cancel(bench.settings, id)

    thread = threading.Thread(target=wait_and_stop, daemon=True)
    thread.start()
    return thread


@pytest.mark.usefixtures("cluster")
def test_the_supervisor_runs_and_cancels_by_way_of_it(bench: Bench) -> None:
    there = replace(plan("finish"), executor="cluster")
    first, endless, here = bench.submit(
        there, replace(plan("sleep"), executor="cluster"), plan("finish")
    )
    thread = stop_once_it_runs(bench, endless.id)
    Supervisor(replace(bench.settings, jobs=2)).drain()
    thread.join(10)
    done, stopped, own = (bench.get(run.id) for run in (first, endless, here))
    assert [run.status for run in (done, stopped, own)] == [
        RunStatus.finished, RunStatus.cancelled, RunStatus.finished,
    ]  # fmt: skip
    assert (done.attempt.job, done.attempt.exit_code) == (f"job-{first.id}", 0)
    assert [run.attempt.executor for run in (done, stopped, own)] == ["cluster"] * 2 + ["local"]
    assert (stopped.attempt.exit_code, own.attempt.job) == (143, "")

    bench.settings.db.unlink()
    bench.look(first.id)
    assert bench.get(endless.id).attempt == stopped.attempt, "its folder says so too"
    assert bench.get(endless.id).executor == "cluster"
    assert bench.get(first.id).status is RunStatus.finished


@pytest.mark.usefixtures("cluster")
def test_a_new_supervisor_goes_on_with_its_jobs(bench: Bench) -> None:
    (run,) = bench.submit(replace(plan("finish"), executor="cluster"))
    Supervisor(bench.settings).tick()
    assert bench.get(run.id).status is RunStatus.starting
    Supervisor(bench.settings).drain()
    assert bench.get(run.id).status is RunStatus.finished
    assert bench.get(run.id).attempt.n == 1


def test_one_that_is_not_here_is_named(bench: Bench) -> None:
    (run,) = bench.submit(replace(plan("finish"), executor="pbs"))
    Supervisor(bench.settings).drain()
    run = bench.get(run.id)
    assert (run.status, run.reason) == (RunStatus.failed, RunReason.config)
    assert "no executor 'pbs'" in run.message
    assert "local" in run.hint


def test_what_another_executor_runs_is_elsewhere(bench: Bench) -> None:
    run = bench.started(pid=44, job="7")
    with Store.open(bench.settings.db) as store, store.write() as db:
        attempts.change(db, run.attempt, executor="pbs")
    run = bench.get(run.id)
    assert bench.look(run.id).status is RunStatus.running
    assert condition(bench, run) == "elsewhere"
    with pytest.raises(UsageError, match="its job, 7 on host"):
        cancel(bench.settings, run.id)


def test_the_memory_that_an_engine_held_is_kept(bench: Bench) -> None:
    (run,) = bench.submit(plan("mute"))
    Supervisor(bench.settings).drain()
    (attempt,) = starts(bench, run.id)
    assert attempt.peak_bytes
    assert 1 << 20 < attempt.peak_bytes < 1 << 30
    assert attempt.ended_at


def test_an_end_that_was_noted_is_the_verdict_whoever_comes_next(bench: Bench) -> None:
    """The supervisor is killed after it noted the exit code, and before it judged the run."""
    run = bench.started(pid=NOBODY, exit_code=7, ended_at=5.0)
    looked = bench.look(run.id)
    assert (looked.status, looked.reason) == (RunStatus.failed, RunReason.crashed)
    assert "exit code 7" in looked.message


def test_what_the_parent_saw_of_an_end_has_precedence(bench: Bench) -> None:
    """Who kills a process guesses that this is how it ended, sooner or later than its parent."""
    run = bench.started(pid=NOBODY)
    guess, seen = Exit(-9), Exit(0, peak_bytes=5)
    ends = []
    with Store.open(bench.settings.db) as store:
        for end in (guess, seen, guess):
            note_end(bench.settings, store, run.attempt, end, guessed=end is guess)
            now = store.get(run.id).attempt
            assert read_one(bench.settings.run_dir(run.id), 1) == now
            ends.append((now.signal, now.exit_code, now.peak_bytes))
    assert ends == [(9, None, None), (None, 0, 5), (None, 0, 5)]


def test_an_executor_is_made_once_a_process(bench: Bench) -> None:
    executors = Executors(bench.settings)
    assert executors["local"] is executors["local"]


def starts(bench: Bench, id: str) -> Sequence[Attempt]:
    with Store.open(bench.settings.db) as store:
        return store.attempts(id)
