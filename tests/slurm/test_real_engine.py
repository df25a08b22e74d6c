"""The real engine on a real Slurm: what is interrupted there comes to the same bits."""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from engine.contract.layout import RunDir
from graftui.models import Run, RunStatus
from graftui.planning import library, overrides, plans
from graftui.scheduler.executors.slurm.marks import Marks
from graftui.scheduler.supervise import Supervisor
from tests.engine.engine_bench import content, run_here
from tests.scheduler.scheduler_bench import Bench
from tests.slurm.cluster import Cluster
from tests.slurm.test_cluster import ENOUGH_S, until

pytestmark = pytest.mark.slurm
SHORT = ["train.steps=30", "train.eval_every=10", "task.test_rows=50"]
PYTHON = f"""#!/bin/sh
[ "$2" = engine ] || exec {sys.executable} "$@"
shift 2
exec {sys.executable} -m tests.slurm.waiting "$@"
"""
MADE = ("checkpoint/model.safetensors", "result.json", "answers.jsonl.gz")


@pytest.fixture
def real(bench: Bench) -> Bench:
    """With the real engine, which waits to be interrupted."""
    python = bench.settings.root / "real-python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return Bench(replace(bench.settings, python=str(python)))


def fine_tuning(bench: Bench) -> Run:
    """A short one, queued for Slurm."""
    wanted = library.load("pocket", bench.settings)
    sets = overrides.parse(SHORT, wanted.kinds)
    first, _ = plans.plan(wanted, bench.settings, sets, "", [], False).plans
    (run,) = bench.submit(replace(first, executor="slurm"))
    return run


def said(run_dir: RunDir, *words: str) -> bool:
    """Whether a line of its events has all of these."""
    lines = run_dir.events.read_text().splitlines() if run_dir.events.exists() else []
    return any(all(word in line for word in words) for line in lines)


def uninterrupted(run_dir: RunDir, folder: Path) -> RunDir:
    """The same config, done without a break."""
    ran = run_here(folder, json.loads(run_dir.config.read_bytes()))
    assert ran.code == 0, ran.place.events.read_text()
    return ran.place


def curves(run_dir: RunDir) -> dict[tuple[int, str], float]:
    """Each point once: what is said again replaces what was said. How much memory the machine has
    left is said as time goes by, and no part of it.
    """
    lines = map(json.loads, run_dir.events.read_text().splitlines())
    points = [each for each in lines if each["event"] == "metric"]
    return {
        (line["step"], name): line["values"][name]
        for line in points
        for name in line["values"]
        if not name.startswith("host/")
    }


def begin_now(cluster: Cluster, job: str) -> None:
    """Slurm lets a job that is requeued wait for two minutes. Its node starts no job of which it
    killed a start within the last second or so: that one would have failed.
    """
    end = time.monotonic() + ENOUGH_S
    while why_it_waits(cluster, job) != "BeginTime":
        assert time.monotonic() < end, cluster.ask("scontrol", "show", "jobs")
        time.sleep(0.2)
    time.sleep(3.0)
    cluster.ask("scontrol", "update", f"jobid={job}", "starttime=now")


def why_it_waits(cluster: Cluster, job: str) -> str:
    return cluster.ask("squeue", "-r", "-j", job, "--noheader", "--format=%r").strip()


def test_requeued_in_mid_run_it_comes_to_the_same_bits(
    real: Bench, cluster: Cluster, tmp_path: Path
) -> None:
    run = fine_tuning(real)
    supervisor = Supervisor(real.settings)
    interrupt(real, cluster, supervisor, run)
    until(real, supervisor, lambda: not real.get(run.id).status.active)
    assert real.get(run.id).status is RunStatus.finished, real.get(run.id)
    own = real.settings.run_dir(run.id)
    assert said(own, '"resumed"')
    assert real.get(run.id).attempt.n == 1, "it is the same attempt"
    whole = uninterrupted(own, tmp_path / "whole")
    assert {n: content(own.path / n) for n in MADE} == {n: content(whole.path / n) for n in MADE}
    assert curves(own) == curves(whole)


def interrupt(bench: Bench, cluster: Cluster, supervisor: Supervisor, run: Run) -> None:
    """Have its job told in mid-run that its time is nearly over, and started again."""
    run_dir, marks = bench.settings.run_dir(run.id), Marks.of(bench.settings.run_dir(run.id), 1)
    until(bench, supervisor, lambda: said(run_dir, '"progress"', '"finetune"', '"step":5'))
    job = bench.get(run.id).attempt.job
    cluster.ask("scancel", "--signal=USR1", "--batch", job)
    until(bench, supervisor, marks.given_up)
    assert not said(run_dir, '"cancelled"')
    begin_now(cluster, job)
