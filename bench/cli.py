"""The command line: help, and a list from a registry of 10,000 runs."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Result
from engine.contract.identity import config_hash
from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.sections import TaskConfig
from graftui.models import Run, RunStatus
from graftui.registry.rows import new_id
from graftui.registry.store import Store

RUNS, ROUNDS = 10_000, 5
ROOT = Path(__file__).parents[1]


def fill(folder: Path) -> None:
    """A registry of RUNS finished runs, with their folders, as `graftui` would find them."""
    runs = []
    for number in range(RUNS):
        config = FinetuneConfig(task=TaskConfig(data_seed=number))
        runs.append(
            Run(
                id=new_id(), name=f"sweep-{number % 50}", kind="finetune",
                config=json.loads(config.model_dump_json()), config_hash=config_hash(config),
                created_at=time.time() - number, started_at=time.time() - number,
                ended_at=time.time(), status=RunStatus.finished,
                summary={"pretrained": 0.5, "finetuned": 0.9},
            )
        )  # fmt: skip
    with Store.open(folder / "runs.db") as store:
        store.add(runs)
    for run in runs:
        (folder / "data" / "runs" / run.id).mkdir(parents=True)


def cpu_ms(arguments: list[str], folder: Path) -> float:
    """Least CPU time of `graftui ARGUMENTS` over ROUNDS."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}
    took = []
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "graftui", *arguments]
        subprocess.run(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return 1000 * min(took)


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield Result("graftui --help, CPU", cpu_ms(["--help"], folder), "ms", 150)
        fill(folder)
        yield Result(f"graftui ls of {RUNS:,} runs, CPU", cpu_ms(["ls"], folder), "ms", 300)
