"""The real engine on a real Slurm: what is interrupted there comes to the same bits."""

import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from engine.contract.layout import RunDir
from graftui.models import Run, RunStatus
from graftui.planning import library, overrides, plans
from graftui.scheduler.environment import for_engines
from graftui.scheduler.executors.slurm.marks import Marks
from graftui.scheduler.supervise import Supervisor
from graftui.settings import Settings
from tests.engine.engine_bench import content
from tests.scheduler.scheduler_bench import Bench
from tests.slurm.cluster import Cluster
from tests.slurm.test_cluster import until

pytestmark = pytest.mark.slurm
SHORT = ["train.steps=40", "train.eval_every=10", "graft.steps=12"]
MADE = ("checkpoint/model.safetensors", "skill.safetensors", "result.json", "answers.jsonl.gz")


@pytest.fixture
def real(bench: Bench) -> Bench:
    """With the real engine."""
    return Bench(replace(bench.settings, python=sys.executable))


def pocket(bench: Bench, executor: str) -> list[Run]:
    """A short fine-tuning and its graft."""
    wanted = library.load("pocket", bench.settings)
    sets = overrides.parse(SHORT, wanted.kinds)
    planned = plans.plan(wanted, bench.settings, sets, "", [], False)
    return bench.submit(*[replace(plan, executor=executor) for plan in planned.plans])


def said(run_dir: RunDir, *words: str) -> bool:
    """Whether a line of its events has all of these."""
    lines = run_dir.events.read_text().splitlines() if run_dir.events.exists() else []
    return any(all(word in line for word in words) for line in lines)


def uninterrupted(settings: Settings, runs: list[Run], folder: Path) -> list[RunDir]:
    """The same configs, done in one process without a break."""
    made = [RunDir(folder / "data/runs" / run.id) for run in runs]
    for run, run_dir in zip(runs, made, strict=True):
        run_dir.path.mkdir(parents=True)
        shutil.copy(settings.run_dir(run.id).config, run_dir.config)
    script = "import sys; from engine.__main__ import main; [main([a]) for a in sys.argv[1:]]"
    subprocess.run(
        [sys.executable, "-c", script, *(str(run_dir.path) for run_dir in made)],
        cwd=folder, env=for_engines(), check=True, timeout=200,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return made


def curves(run_dir: RunDir) -> dict[tuple[int, str], float]:
    """Each point once: what is said again replaces what was said."""
    lines = map(json.loads, run_dir.events.read_text().splitlines())
    points = [each for each in lines if each["event"] == "metric"]
    return {
        (line["step"], name): line["values"][name] for line in points for name in line["values"]
    }


def begin_now(cluster: Cluster, job: str) -> None:
    """Slurm lets a job that is requeued wait for two minutes; its node needs an instant."""
    end = time.monotonic() + 60
    while "BeginTime" not in cluster.ask("squeue", "-r", "-j", job, "--noheader", "--format=%r"):
        assert time.monotonic() < end
        time.sleep(0.2)
    time.sleep(1.5)
    cluster.ask("scontrol", "update", f"jobid={job}", "starttime=now")


def test_requeued_in_mid_run_it_comes_to_the_same_bits(
    real: Bench, cluster: Cluster, tmp_path: Path
) -> None:
    runs = pocket(real, "slurm")
    supervisor = Supervisor(real.settings)
    for run, phase in zip(runs, ("finetune", "graft"), strict=True):
        interrupt(real, cluster, supervisor, run, phase)
        until(real, supervisor, partial(is_finished, real, run))
        assert said(real.settings.run_dir(run.id), '"resumed"')
        assert real.get(run.id).attempt.n == 1, "it is the same attempt"
    whole = uninterrupted(real.settings, runs, tmp_path / "whole")
    for run, other in zip(runs, whole, strict=True):
        own = real.settings.run_dir(run.id)
        made = [name for name in MADE if (other.path / name).exists()]
        assert len(made) == 3
        assert {n: content(own.path / n) for n in made} == {
            n: content(other.path / n) for n in made
        }
        assert curves(own) == curves(other)


def interrupt(bench: Bench, cluster: Cluster, supervisor: Supervisor, run: Run, phase: str) -> None:
    """Have the job of a run told in mid-phase that its time is nearly over, and started again."""
    run_dir, marks = bench.settings.run_dir(run.id), Marks.of(bench.settings.run_dir(run.id), 1)
    until(bench, supervisor, lambda: said(run_dir, '"progress"', f'"{phase}"', '"step":5'))
    job = bench.get(run.id).attempt.job
    cluster.ask("scancel", "--signal=USR1", "--batch", job)
    until(bench, supervisor, marks.given_up)
    assert not said(run_dir, '"cancelled"')
    begin_now(cluster, job)


def is_finished(bench: Bench, run: Run) -> bool:
    return bench.get(run.id).status is RunStatus.finished
