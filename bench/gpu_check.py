"""Whether grafts are right on this machine's GPU, and what they take there: one table, 8 minutes.

    make gpu-check                      # or: python -m bench.gpu_check

Wants torch, transformers, pydantic, torchmetrics and rich, and downloads nothing: a bare GPU
machine will do. Runs the tests marked gpu, both pocket models on the CPU and on the GPU in float32
and bfloat16, then the models of bench.models. Without a GPU what needs one is left out, said.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from bench import models
from bench.__main__ import show
from bench.measure import Result, seconds
from engine.__main__ import main as engine
from engine.contract import config as configs
from engine.contract import events as ev
from engine.contract.layout import RunDir

LIMIT_S, TESTS_S = 480.0, 150.0
ROUNDING = 0.02
"""How far a GPU's rounding may move an accuracy from the CPU's."""
POCKET = {
    "masked": ({"name": "pocket:masked-lm"}, {"name": "pocket-film"}),
    "causal": ({"name": "pocket:causal-lm"}, {"name": "pocket-film", "type": "autoregressive"}),
}


def main() -> None:
    since, gpu = time.monotonic(), torch.cuda.is_available()
    if not gpu:
        print("torch sees no CUDA device: only the CPU's rows", file=sys.stderr)
    if show(_results(gpu, since)):
        sys.exit("gpu-check: a row is outside its bound")


def _results(gpu: bool, since: float) -> Iterator[Result]:
    if gpu:
        print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}", file=sys.stderr)
        yield tests()
    for family in POCKET:
        yield from pocket(family, gpu)
    for name in models.MODELS if gpu else ():
        if time.monotonic() - since > LIMIT_S - 60:
            print(f"{name}: no time left for it", file=sys.stderr)
            continue
        yield from models.measure(name, "cuda")


def tests() -> Result:
    """The exit code of the tests marked gpu; what they print goes to standard error."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "-W", "ignore", "tests/engine"]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, stdout=sys.stderr, timeout=TESTS_S, check=False)
    return Result("tests marked gpu: exit code", done.returncode, "", 0)


def pocket(family: str, gpu: bool) -> Iterator[Result]:
    """The pocket job of `family` on each device: accuracies beside the CPU's, and what it takes."""
    cpu = _pocket(family, "cpu", False)
    yield from _told(f"pocket {family}, CPU, float32", cpu)
    for bf16 in (False, True) if gpu else ():
        torch.cuda.reset_peak_memory_stats()
        ran = _pocket(family, "cuda", bf16)
        on = f"pocket {family}, GPU, {'bfloat16' if bf16 else 'float32'}"
        yield from _told(on, ran, least=cpu)
        yield Result(f"{on}: peak memory", torch.cuda.max_memory_allocated() / 2**20, "MiB")


def _told(
    on: str, ran: dict[str, float], least: dict[str, float] | None = None
) -> Iterator[Result]:
    for what in ("finetuned", "learnt_graft"):
        bound = None if least is None else least[what] - ROUNDING
        yield Result(f"{on}: accuracy, {what}", ran[what], "", least=bound)
    yield Result(f"{on}: fine-tuning and graft", ran["seconds"], "s")


def _pocket(family: str, device: str, bf16: bool) -> dict[str, float]:
    """Fine-tune and graft; test accuracy by stage, and the seconds of both."""
    model, task = POCKET[family]
    common: dict[str, Any] = {
        "model": model,
        "task": {**task, "k": 16, "data_seed": 13},
        "compute": {"device": device, "bf16": bf16},
    }
    train = {"optimizer": "sgd", "lr": 0.05, "steps": 400, "batch_size": 8, "eval_every": 50}
    with tempfile.TemporaryDirectory() as folder:
        tuned, graft = (RunDir(Path(folder) / "runs" / name) for name in ("tuned", "graft"))
        took = seconds(lambda: _run(tuned, {**common, "kind": "finetune", "train": train}))
        made = {"finetuned": {"path": str(tuned.checkpoint)}, "sparsity": 1e-3, "steps": 40}
        took += seconds(lambda: _run(graft, {**common, "kind": "graft", **made, "lr": 1e6}))
        return {**_accuracies(graft), "seconds": took}


def _run(run_dir: RunDir, raw: dict[str, Any]) -> None:
    run_dir.path.mkdir(parents=True)
    run_dir.config.write_text(configs.dumps(configs.parse(raw)))
    if engine([str(run_dir.path)]):
        sys.exit(run_dir.events.read_text().splitlines()[-1])


def _accuracies(run_dir: RunDir) -> dict[str, float]:
    events, _ = ev.read(run_dir.events.read_bytes())
    scored = (e for e in events if isinstance(e, ev.Evaluated) and e.split not in ("train", "dev"))
    return {e.stage: e.scores["accuracy"] for e in scored}


if __name__ == "__main__":
    main()
