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
from transformers import RobertaConfig, RobertaForMaskedLM

from bench.measure import Result, ratio, seconds
from engine.contract.config import FreezeConfig
from engine.graft.apply import verify
from engine.graft.delta import Delta
from engine.graft.mask import budget
from engine.graft.skill import cut, load, write
from engine.models import weight_map

ROUNDS = 15
ABOUT: dict[str, Any] = {
    "base": "roberta-base", "task": "SST-2", "prompt": "", "label_words": {}, "sparsity": 1e-4,
    "scores": {}, "config_hash": "",
}  # fmt: skip


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as place:
        yield from _run(Path(place))


def _run(place: Path) -> Iterator[Result]:
    torch.manual_seed(0)
    config = RobertaConfig(vocab_size=50_265, max_position_embeddings=514, type_vocab_size=1)
    model = RobertaForMaskedLM(config).eval()
    model.save_pretrained(place / "base")
    weights = dict(model.named_parameters())
    names = weight_map(model).maskable(FreezeConfig())
    delta = Delta(model, {n: weights[n].detach() + 1e-3 for n in names})
    size = budget(1e-4, len(delta))
    mask = torch.randperm(len(delta))[:size].sort().values
    shapes = {name: list(weights[name].shape) for name in names}
    file = place / "skill.safetensors"
    write(cut(delta, mask, shapes, **ABOUT), file)
    skill = load(file)

    def in_and_out() -> None:
        with skill.installed(model, verified=True):
            pass

    def from_disk() -> None:
        loaded = RobertaForMaskedLM.from_pretrained(place / "base")
        for weight in loaded.parameters():  # mapped only, until it is read
            weight.sum()

    what = f"skill of {size:,} weights"
    yield Result(f"{what}: in and out", 1e3 * _median(in_and_out), "ms", 20)
    yield Result(f"{what}: in and out / loading the model", ratio(in_and_out, from_disk, 3), "x")
    yield Result(f"{what}: reading its file", 1e3 * _median(lambda: load(file)), "ms")
    yield Result(f"{what}: is this its base?", seconds(lambda: verify(skill, model)), "s")


def _median(work: Callable[[], object]) -> float:
    """Seconds, after one warm-up."""
    work()
    return statistics.median(seconds(work) for _ in range(ROUNDS))
