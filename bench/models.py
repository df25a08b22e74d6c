"""A mask update in bfloat16 against a bare forward and backward pass of the same rows.

    python -m bench.models cpu llama    # one model, on a device of choice

On a GPU RoBERTa-base, GPT-2 and a causal model of 1.1 billion weights, 1024 rows an update as in
the paper; on a CPU the first two, 32 rows. Random weights, prompts of 10 to 40 tokens.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from bench import shapes
from bench.measure import Result, turns
from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.graft.gradients import accumulate
from engine.graft.localizers.learnt import LearntMask
from engine.graft.mask import budget, top

ROUNDS = 3
MODELS: dict[str, Callable[[], Any]] = {
    "RoBERTa-base": shapes.roberta,
    "GPT-2": shapes.gpt2,
    "llama": shapes.llama,
}


def run() -> Iterator[Result]:
    gpu = torch.cuda.is_available()
    for name in MODELS if gpu else list(MODELS)[:2]:
        yield from measure(name, "cuda" if gpu else "cpu")


def measure(name: str, device: str) -> Iterator[Result]:
    """One model on one device."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _measure(name, torch.device(device), Path(folder))


def _measure(name: str, device: torch.device, folder: Path) -> Iterator[Result]:
    gpu = device.type == "cuda"
    lm = MODELS[name]().to(device)
    session = shapes.session(lm, folder, bf16=True, shots=512 if gpu else shapes.SHOTS)
    rows = list(session.data.train)
    delta = shapes.tuned(lm, session.maskable, torch.bfloat16)
    mask = LearntMask(delta, top(delta.movement(), budget(1e-4, len(delta))), GraftConfig())
    mask.put()

    def bare() -> None:
        accumulate(session, rows)  # gives the loss, and so waits for a GPU
        if gpu:
            torch.cuda.synchronize()

    def step() -> None:
        mask.update(accumulate(session, rows))
        if gpu:
            torch.cuda.synchronize()

    took = turns(step, bare, rounds=ROUNDS)
    tokens = sum(len(row.ids) for row in rows)
    on = f"{name}, bf16, {len(rows)} rows, {torch.cuda.get_device_name() if gpu else 'CPU'}"
    slower = statistics.median(ours / theirs for ours, theirs in took)
    yield Result(f"{on}: graft step / bare", slower, "x", 1.05 if gpu else None)
    yield Result(f"{on}: tokens", tokens / statistics.median(ours for ours, _ in took), "a second")
    if gpu:
        yield from _memory(on, delta, lm, step, bare)


def _memory(
    on: str, delta: Delta, lm: Any, step: Callable[[], None], bare: Callable[[], None]
) -> Iterator[Result]:
    """Peak of a graft step on a GPU against what it must hold: the model, its gradients, three
    float32 a maskable weight (pretrained, fine-tuned, S), and the activations of a bare pass."""
    held = sum(t.numel() * t.element_size() for t in (*lm.parameters(), delta.grad))
    held += 12 * len(delta)
    at_rest = torch.cuda.memory_allocated()
    predicted, peak = held + _peak(bare) - at_rest, _peak(step)
    yield Result(f"{on}: peak memory", peak / 2**30, "GiB")
    yield Result(f"{on}: peak memory / predicted", peak / predicted, "x", 1.05)


def _peak(work: Callable[[], None]) -> int:
    """Most bytes on the GPU at once while `work` is done."""
    torch.cuda.reset_peak_memory_stats()
    work()
    return torch.cuda.max_memory_allocated()


if __name__ == "__main__":
    for result in measure(sys.argv[2], sys.argv[1]):
        print(f"{result.what}: {result.text}")
