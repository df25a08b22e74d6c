"""A skill of 8,505 weights put into a live RoBERTa-base and taken out again.

RoBERTa-base's shapes, random weights, the graft's 1e-4 of the encoder at random places, CPU,
float32. The base is known to be right: to hash its touched tensors is timed by itself.
"""

import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import RobertaForMaskedLM

from bench import shapes
from bench.measure import Result, ratio, seconds
from engine.contract.sections import FreezeConfig
from engine.graft.apply import installed, verify
from engine.graft.delta import Delta
from engine.graft.mask import budget
from engine.graft.skill import Skill, cut, load, write
from engine.models import weight_map

ROUNDS, FILE = 15, "skill.safetensors"
ABOUT: dict[str, Any] = {
    "base": "roberta-base", "task": "SST-2", "prompt": "", "label_words": {}, "sparsity": 1e-4,
    "scores": {}, "config_hash": "",
}  # fmt: skip


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _run(Path(folder))


def prepare(folder: Path) -> tuple[Any, Skill]:
    """A model, saved in `place` / base, and a skill of it, saved beside."""
    model = shapes.roberta()
    model.save_pretrained(folder / "base")
    names = weight_map(model).maskable(FreezeConfig())
    weights = {n: p for n, p in model.named_parameters() if n in names}
    delta = Delta(model, {n: weights[n].detach() + 1e-3 for n in names})
    draw = torch.Generator().manual_seed(0)
    mask = torch.randperm(len(delta), generator=draw)[: budget(1e-4, len(delta))].sort().values
    made = cut(delta, mask, {n: list(weights[n].shape) for n in names}, **ABOUT)
    write(made, folder / FILE)
    return model, load(folder / FILE)


def loaded(folder: Path) -> Any:
    """The model of `place` / base, all of it read."""
    model = RobertaForMaskedLM.from_pretrained(folder / "base")
    for weight in model.parameters():  # mapped only, until it is read
        weight.sum()
    return model


def _run(folder: Path) -> Iterator[Result]:
    model, skill = prepare(folder)

    def in_and_out() -> None:
        with installed(skill, model, verified=True):
            pass

    def from_disk() -> None:
        loaded(folder)

    what = f"skill of {skill.info.weights:,} weights"
    yield Result(f"{what}: in and out", 1e3 * _median(in_and_out), "ms", 20)
    yield Result(f"{what}: in and out / loading the model", ratio(in_and_out, from_disk, 3), "x")
    yield Result(f"{what}: reading its file", 1e3 * _median(lambda: load(folder / FILE)), "ms")
    yield Result(f"{what}: is this its base?", seconds(lambda: verify(skill, model)), "s")


def _median(work: Callable[[], object]) -> float:
    """Seconds, after one warm-up."""
    work()
    return statistics.median(seconds(work) for _ in range(ROUNDS))
