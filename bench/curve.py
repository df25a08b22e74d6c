"""A curve of 8 sparsities learnt in one process, against 8 processes of one sparsity each.

The pocket model and task, as `graftui run pocket` has them but for 20 updates; each process as the
launcher starts it.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.measure import Result, seconds
from engine.contract import config as configs
from engine.contract.layout import RunDir
from graftui.launcher.spawn import importable

CURVE = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3)
TASK = configs.TaskConfig(name="pocket-film")


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train = configs.TrainConfig(optimizer="sgd", lr=0.05, steps=100, batch_size=8)
        _engine(folder / "tuned", configs.FinetuneConfig(task=TASK, train=train))
        tuned = configs.Finetuned(path=str(RunDir(folder / "tuned").checkpoint))
        graft = configs.GraftConfig(task=TASK, finetuned=tuned, steps=20)
        whole = graft.model_copy(update={"sparsities": CURVE})
        one = seconds(partial(_engine, folder / "whole", whole))
        each = 0.0
        for at in CURVE:
            alone = graft.model_copy(update={"sparsity": at})
            each += seconds(partial(_engine, folder / str(at), alone))
        yield Result("curve of 8 sparsities, one process / 8", one / each, "x", 0.35)


def _engine(folder: Path, config: configs.Section) -> None:
    """Run it to its end."""
    folder.mkdir()
    RunDir(folder).config.write_text(configs.dumps(config))
    command = [sys.executable, "-m", "engine", str(folder)]
    subprocess.run(command, env=importable(), cwd=folder, capture_output=True, check=True)
