"""Runs on a real Slurm: what a pretend one cannot show."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from graftui.models import Run, RunReason, RunStatus
from graftui.registry.store import Store
from graftui.scheduler.cancel import cancel
from graftui.scheduler.executors.slurm.marks import Marks
from graftui.scheduler.supervise import Supervisor
from tests.scheduler.scheduler_bench import Bench, plan
from tests.slurm.cluster import Cluster

pytestmark = pytest.mark.slurm
ENOUGH_S = 900.0
"""On a machine that is busy with nine other things too."""


def queued(bench: Bench, count: int, profile: str = "slurm") -> list[Run]:
    return bench.submit(*[replace(plan("finish"), executor=profile)] * count)


def until(bench: Bench, supervisor: Supervisor, holds: Callable[[], bool]) -> None:
    """Its looks at everything, until it is so; Slurm on a busy machine takes its time."""
    end = time.monotonic() + ENOUGH_S
    while not holds():
        assert time.monotonic() < end, everything(bench)
        supervisor.tick()
        time.sleep(0.1)


def everything(bench: Bench) -> list[Run]:
    with Store.open(bench.settings.db) as store:
        return store.list()


def all_are(bench: Bench, runs: list[Run], *statuses: RunStatus) -> bool:
    return all(bench.get(run.id).status in statuses for run in runs)


def are_submitted(bench: Bench, runs: list[Run]) -> bool:
    """Whether Slurm has given each a number. Their jobs have names before, which are noted a tick
    earlier than Slurm is asked, where writing them down took long.
    """
    return all(bench.get(run.id).attempt.job[:1].isdigit() for run in runs)


def test_arrays_run_to_their_end_and_inherit_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SBATCH_PARTITION", "nope")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "77")
    monkeypatch.setenv("SLURM_CPU_BIND", "quiet,mask_cpu:0x1")
    (bench.settings.root / "go").touch()
    (bench.settings.root / "graftui.toml").write_text('[slurm.gpu]\ngres = "gpu:1"\nmemory = 100\n')
    runs = queued(bench, 7, "slurm:gpu")
    (after,) = bench.submit(replace(plan("finish", "graft", runs[0].id), executor="slurm:gpu"))
    supervisor = Supervisor(bench.settings)
    until(bench, supervisor, lambda: all_are(bench, [*runs, after], RunStatus.finished))
    ended = [bench.get(run.id) for run in runs]
    arrays = {run.attempt.job.partition("_")[0] for run in ended}
    assert len(arrays) == 2, "five tasks are the most of this Slurm"
    assert {run.device for run in ended} <= {"0", "1"}, "a GPU each"
    output = [bench.settings.run_dir(run.id).output.read_text() for run in runs]
    assert not any("SBATCH_" in text or "SLURM_CPU_BIND" in text for text in output)


def test_two_pilots_do_a_list_of_24_and_what_follows_and_start_nothing_twice(bench: Bench) -> None:
    (bench.settings.root / "graftui.toml").write_text("[slurm]\npilots = 2\nmemory = 1500\n")
    (bench.settings.root / "go").touch()
    first, then = plan("finish"), plan("finish", "graft", 0)
    runs = bench.submit(*[replace(each, executor="slurm:pilot") for each in [first, *[then] * 23]])
    supervisor = Supervisor(bench.settings)
    until(bench, supervisor, lambda: are_submitted(bench, runs))
    marks = [Marks.of(bench.settings.run_dir(r.id), bench.get(r.id).attempt.n) for r in runs]
    end = time.monotonic() + ENOUGH_S
    while not all("exit" in each.there() for each in marks):  # nobody looks, and nobody has to
        assert time.monotonic() < end
        time.sleep(0.2)
    until(bench, supervisor, lambda: all_are(bench, runs, RunStatus.finished))
    said = [bench.settings.run_dir(run.id).events.read_bytes() for run in runs]
    assert {text.count(b'"started"') for text in said} == {1}
    ended = [bench.get(run.id) for run in runs]
    assert {run.attempt.host for run in ended} == {"near", "far"}, "both took from the list"


def test_cancelled_here_and_from_outside(bench: Bench, cluster: Cluster) -> None:
    (bench.settings.root / "graftui.toml").write_text("[slurm]\nmemory = 2000\n")
    ours, theirs, pending = queued(bench, 3)  # a node has room for one
    supervisor = Supervisor(bench.settings)
    until(bench, supervisor, lambda: all_are(bench, [ours, theirs], RunStatus.running))
    assert bench.get(pending.id).status is RunStatus.starting
    for run in (theirs, pending):
        cluster.ask("scancel", bench.get(run.id).attempt.job)
    assert cancel(bench.settings, ours.id).message == "stopped"
    until(bench, supervisor, lambda: all_are(bench, [ours, theirs, pending], RunStatus.cancelled))
    assert "from outside" in bench.get(pending.id).message


def test_a_node_without_that_python_is_told(bench: Bench) -> None:
    (run,) = queued(bench, 1)
    supervisor = Supervisor(replace(bench.settings, python="/opt/nowhere/python"))
    until(bench, supervisor, lambda: all_are(bench, [run], RunStatus.failed))
    run = bench.get(run.id)
    assert run.reason == RunReason.config
    assert "no python on" in run.message


def test_a_controller_that_is_killed_and_comes_back_costs_nothing(
    bench: Bench, cluster: Cluster
) -> None:
    runs = queued(bench, 2)
    supervisor = Supervisor(bench.settings)
    until(bench, supervisor, lambda: are_submitted(bench, runs))
    cluster.kill_control()
    try:
        for _ in range(20):
            supervisor.tick()
            assert all_are(bench, runs, RunStatus.starting, RunStatus.running)
            time.sleep(0.1)
    finally:
        cluster.control()
    (bench.settings.root / "go").touch()
    until(bench, supervisor, lambda: all_are(bench, runs, RunStatus.finished))
    said = [bench.settings.run_dir(run.id).events.read_bytes() for run in runs]
    assert [text.count(b'"finished"') for text in said] == [1, 1]
