"""Real supervisors and engines without a model, on pretend machines."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.sections import ComputeConfig, ModelConfig
from graftui.models import Run, RunReason, RunStatus
from graftui.registry.attempts import read_one
from graftui.registry.store import Store
from graftui.scheduler.cancel import cancel
from graftui.scheduler.executors import local
from graftui.scheduler.queue.outlook import Line, Outlook, outlook
from graftui.scheduler.queue.requeue import comes_back
from graftui.scheduler.queue.work import work
from graftui.scheduler.submit import Plan
from graftui.scheduler.supervise import Supervisor
from graftui.show.queue import as_json
from tests.scheduler.scheduler_bench import Bench, plan

TWO = [{"uuid": "GPU-a", "total_gib": 24, "used_gib": 1}, {"uuid": "GPU-b", "total_gib": 24}]


def given(does: str = "given", name: str = "", **compute: Any) -> Plan:
    """A run with settings of its own for where it computes."""
    config = FinetuneConfig(model=ModelConfig(name=does), compute=ComputeConfig(**compute))
    return Plan(name=name or does, kind="finetune", config=config)


@pytest.fixture
def machine(bench: Bench) -> Callable[..., Supervisor]:
    """Makes a supervisor in this process, on a machine as it is told."""

    def made(**there: Any) -> Supervisor:
        path = bench.settings.root / "machine.json"
        path.write_text(json.dumps({"cores": 8, "memory_gib": 64, **there}))
        bench.settings = replace(bench.settings, inventory=str(path))
        return Supervisor(bench.settings)

    return made


def tick_until(supervisor: Supervisor, holds: Callable[[], object]) -> None:
    until = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < until, "it does not come to that"
        supervisor.tick()
        time.sleep(0.02)


def at_work(bench: Bench, *runs: Run) -> bool:
    return all(bench.get(run.id).step == 3 for run in runs)


def told(bench: Bench, run: Run) -> dict[str, str | None]:
    """What its engine was told."""
    answer: dict[str, str | None] = json.loads(bench.settings.run_dir(run.id).output.read_text())
    return answer


def seen(bench: Bench) -> Outlook:
    with Store.open(bench.settings.db) as store:
        return outlook(bench.settings, store)


def line_of(bench: Bench, run: Run) -> Line:
    return next(line for line in seen(bench).lines if line.run.id == run.id)


def test_each_gets_a_gpu_of_its_own_and_the_third_waits(
    bench: Bench, machine: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(local, "cores", lambda: 8)
    supervisor = machine(gpus=TWO, cores=16)
    first, second, third = bench.submit(
        given(), given(gpu_memory_gib=20.0), given(gpu_memory_gib=12.0)
    )
    on_cpu, small, numbered = bench.submit(
        given(device="cpu", threads=1), given(gpu_memory_gib=1.0), given(device="cuda:1")
    )
    tick_until(supervisor, lambda: at_work(bench, first, second, on_cpu, small))
    gpus = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "OMP_NUM_THREADS": "2"}
    # Nobody knows what the first takes: it has the emptier one, and nobody joins it.
    assert told(bench, first) == {**gpus, "CUDA_VISIBLE_DEVICES": "GPU-b"}
    assert told(bench, second) == {**gpus, "CUDA_VISIBLE_DEVICES": "GPU-a"}
    assert told(bench, on_cpu) == {**gpus, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    assert told(bench, small)["CUDA_VISIBLE_DEVICES"] == "GPU-a"
    attempt = bench.get(first.id).attempt
    assert (attempt.gpu, attempt.gpu_index, attempt.threads) == ("GPU-b", 1, 2)
    assert read_one(bench.settings.run_dir(first.id), 1) == replace(attempt, started_at=None)
    line = line_of(bench, third)
    assert line.why == f"12 GiB on a GPU: 2 GiB free on 0, {first.id} alone on 1"
    shown = as_json(seen(bench), 0)
    assert [run["granted"]["gpu_index"] for run in shown["at_work"] if run["id"] == second.id] == [
        0
    ]
    needs = {run["id"]: run["needs"] for run in shown["waiting"]}
    assert (needs[third.id]["gpu_bytes"], needs[third.id]["gpu_from"]) == (12 << 30, "declared")
    cancel(bench.settings, first.id)
    tick_until(supervisor, lambda: at_work(bench, third))
    assert told(bench, third)["CUDA_VISIBLE_DEVICES"] == "GPU-b"
    cancel(bench.settings, third.id)
    tick_until(supervisor, lambda: at_work(bench, numbered))
    assert bench.get(numbered.id).attempt.gpu == "GPU-b"
    assert told(bench, numbered)["CUDA_VISIBLE_DEVICES"] is None, "numbered among all it may see"


def test_what_declares_more_than_there_is_waits_and_says_so(
    bench: Bench, machine: Callable[..., Supervisor]
) -> None:
    supervisor = machine()
    large, small = bench.submit(given("finish", memory_gib=80.0), given("finish", memory_gib=1.0))
    tick_until(supervisor, lambda: bench.get(small.id).status is RunStatus.finished)
    line = line_of(bench, large)
    assert "80 GiB of memory, and this machine has 64 GiB: it fits nowhere" in line.why
    assert line.starts_in_s is None
    tick_until(supervisor, lambda: not supervisor.mine)
    with Store.open(bench.settings.db) as store:
        assert not work(bench.settings, store), "nothing that a supervisor could do"
    machine(memory_gib=100)
    with Store.open(bench.settings.db) as store:
        assert work(bench.settings, store)


def test_without_a_word_one_at_a_time_has_all_cores(
    bench: Bench, machine: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(local, "cores", lambda: 8)
    supervisor = machine()
    first, second = bench.submit(given(), given())
    tick_until(supervisor, lambda: at_work(bench, first))
    assert told(bench, first)["OMP_NUM_THREADS"] is None, "as many as torch takes by itself"
    assert bench.get(first.id).attempt.threads == 8
    assert bench.get(second.id).status is RunStatus.queued
    assert line_of(bench, second).why == "8 cores: 0 of 8 free"
    cancel(bench.settings, first.id)
    tick_until(supervisor, lambda: at_work(bench, second))


def test_with_two_threads_each_four_share_eight_cores(
    bench: Bench, machine: Callable[..., Supervisor]
) -> None:
    supervisor = machine()
    runs = bench.submit(*[given(threads=2, name=str(n)) for n in range(5)])
    tick_until(supervisor, lambda: at_work(bench, *runs[:4]))
    assert bench.get(runs[4].id).status is RunStatus.queued
    assert line_of(bench, runs[4]).why == "2 cores: 0 of 8 free"


def test_out_of_memory_is_tried_once_more_alone(
    bench: Bench, machine: Callable[..., Supervisor]
) -> None:
    supervisor = machine(gpus=TWO)
    other, starved = bench.submit(
        given("sleep", gpu_memory_gib=2.0), given("oom-once", gpu_memory_gib=2.0)
    )
    (after,) = bench.submit(plan("finish", "graft", starved.id))
    tick_until(supervisor, lambda: bench.get(after.id).status is RunStatus.finished)
    with Store.open(bench.settings.db) as store:
        first, second = store.attempts(starved.id)
    assert (first.oom, first.alone, second.alone) == ("gpu", "", "gpu")
    assert (first.gpu, second.gpu) == ("GPU-a", "GPU-a")
    assert first.peak_bytes, "seen by its parent"
    assert bench.get(starved.id).status is RunStatus.finished
    assert bench.get(other.id).status is RunStatus.running, "on the other GPU"


def test_out_of_memory_again_is_the_end_with_the_advice(
    bench: Bench, machine: Callable[..., Supervisor]
) -> None:
    supervisor = machine()
    starved, other = bench.submit(given("oom", threads=1), given("sleep", threads=1))
    (after,) = bench.submit(plan("finish", "graft", starved.id))
    tick_until(supervisor, lambda: bench.get(starved.id).attempt.oom == "machine" or
               bench.get(starved.id).attempt.n == 2)  # fmt: skip
    assert bench.get(after.id).status is RunStatus.queued, "it waits, and is not cancelled"
    tick_until(supervisor, lambda: at_work(bench, other))
    tick_until(
        supervisor, lambda: "to itself" in line_of(bench, starved).why
    )  # the other was there before it came back
    cancel(bench.settings, other.id)
    tick_until(supervisor, lambda: bench.get(starved.id).status is RunStatus.failed
               and bench.get(after.id).status is RunStatus.cancelled)  # fmt: skip
    ended = bench.get(starved.id)
    assert (ended.reason, ended.hint, ended.attempt.n) == (RunReason.oom, "less", 2)
    assert ended.attempt.alone == "machine"
    assert not comes_back(bench.settings, ended)
    supervisor.tick()
    assert bench.get(starved.id).status is RunStatus.failed


def test_a_watcher_knows_that_it_comes_back(
    bench: Bench, machine: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graftui.scheduler.queue.requeue.supervised", lambda settings: True)
    run = bench.started(pid=7, status=RunStatus.failed, reason="oom", ended_at=time.time())
    assert comes_back(bench.settings, run)
    assert not comes_back(bench.settings, replace(run, reason="diverged"))
    assert not comes_back(bench.settings, replace(run, ended_at=time.time() - 60))
    assert not comes_back(bench.settings, replace(run, cancel_asked=1.0))
    alone = replace(run, attempt=replace(run.attempt, alone="gpu"))
    assert not comes_back(bench.settings, alone)


def test_a_run_that_goes_on_has_as_many_threads_as_before(
    bench: Bench, machine: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    supervisor = machine()
    (run,) = bench.submit(given("sleep"))
    bench.change(run.id, threads=3)
    tick_until(supervisor, lambda: at_work(bench, run))
    assert bench.get(run.id).attempt.n == 2
    assert bench.get(run.id).attempt.threads == 3
