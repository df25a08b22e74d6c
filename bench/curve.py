"""A curve of 8 sparsities learnt in one process, against 8 processes of one sparsity each.

The pocket model and task, as `graftui run pocket` has them but for 20 updates; each process as the
launcher starts it.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Result, ratio
from engine.contract import config as configs
from engine.contract.kinds.finetune import FinetuneConfig, TrainConfig
from engine.contract.kinds.graft import GraftConfig
from engine.contract.layout import RunDir
from engine.contract.sections import Finetuned, Section, TaskConfig
from graftui.scheduler.environment import importable

CURVE = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3)
TASK = TaskConfig(name="pocket-film")
ROUNDS = 3


def run() -> Iterator[Result]:
    train = TrainConfig(optimizer="sgd", lr=0.05, steps=100, batch_size=8)
    with tempfile.TemporaryDirectory() as tuned:
        _engine(Path(tuned), FinetuneConfig(task=TASK, train=train))
        checkpoint = Finetuned(path=str(RunDir(Path(tuned)).checkpoint))
        graft = GraftConfig(task=TASK, finetuned=checkpoint, steps=20)
        whole = ratio(
            lambda: _run(graft.model_copy(update={"sparsities": CURVE})),
            lambda: _each(graft),
            ROUNDS,
        )
    yield Result("curve of 8 sparsities, one process / 8", whole, "x", 0.35)


def _each(graft: GraftConfig) -> None:
    for sparsity in CURVE:
        _run(graft.model_copy(update={"sparsity": sparsity}))


def _run(config: Section) -> None:
    """In a folder of its own, which is gone at the end."""
    with tempfile.TemporaryDirectory() as folder:
        _engine(Path(folder), config)


def _engine(folder: Path, config: Section) -> None:
    """Run it to its end in `folder`."""
    RunDir(folder).config.write_text(configs.dumps(config))
    command = [sys.executable, "-m", "engine", str(folder)]
    subprocess.run(command, env=importable(), cwd=folder, capture_output=True, check=True)
