"""A sweep that takes known answers over beside one whose every run asks anew.

Two few-shot samples of the pocket task, a fine-tuning each, and grafts of it by three localizers:
CPU time of the runs one after the other in this process, so without imports.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.measure import Result
from engine.__main__ import main
from engine.contract import config as configs
from engine.contract.layout import RunDir

SAMPLES = (13, 21)
LOCALIZERS: dict[str, dict[str, Any]] = {
    "learnt": {"steps": 10, "lr": 1e6},
    "movement": {},
    "saliency": {},
}
COMMON = {"model": {"name": "pocket:masked-lm"}, "compute": {"device": "cpu", "threads": 1}}
TRAIN = {"optimizer": "sgd", "lr": 0.05, "steps": 100, "batch_size": 8, "eval_every": 50}


def run() -> Iterator[Result]:
    sweep_s(shared=True)  # what is imported on the way
    ours, theirs = sweep_s(shared=True), sweep_s(shared=False)
    yield Result(
        "sweep of 2 x 3 pocket grafts, known answers / asked anew", ours / theirs, "x", 0.9
    )


def sweep_s(shared: bool) -> float:
    """CPU seconds of all runs. `shared`: later ones take over what earlier ones were answered."""
    since = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        for seed in SAMPLES:
            task = {"name": "pocket-film", "k": 16, "data_seed": seed}
            tuned = _done(Path(name), {"kind": "finetune", "task": task, "train": TRAIN}, shared)
            for localizer, settings in LOCALIZERS.items():
                graft = {
                    "kind": "graft", "task": task, "finetuned": {"path": str(tuned.checkpoint)},
                    "localizer": localizer, "sparsity": 1e-3, **settings,
                }  # fmt: skip
                _done(Path(name), graft, shared)
    return time.process_time() - since


def _done(root: Path, raw: dict[str, Any], shared: bool) -> RunDir:
    number = len(list((root / "runs").glob("*")))
    run_dir = RunDir(root / "runs" / str(number))
    run_dir.path.mkdir(parents=True)
    run_dir.config.write_text(configs.dumps(configs.parse({**COMMON, **raw})))
    if not shared:
        shutil.rmtree(run_dir.known, ignore_errors=True)
    code = main([str(run_dir.path)])
    assert code == 0, run_dir.events.read_text()
    return run_dir
