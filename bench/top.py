"""The exact top-s against torch.topk and against a full sort: 85 M scores, s of 0.01 %."""

import statistics
from collections.abc import Iterator

import torch

from bench.measure import Result, seconds, turns
from engine.graft.mask import budget, top

WEIGHTS, ROUNDS = 85_054_464, 5


def scores() -> tuple[torch.Tensor, int]:
    """(WEIGHTS,) scores, and s."""
    draw = torch.Generator().manual_seed(0)
    return torch.randn(WEIGHTS, generator=draw).abs_(), budget(1e-4, WEIGHTS)


def run() -> Iterator[Result]:
    score, size = scores()

    def theirs() -> torch.Tensor:
        return torch.topk(score, size, sorted=False).indices

    def ours() -> torch.Tensor:
        return top(score, size)

    if not torch.equal(score[ours()].sort().values, score[theirs()].sort().values):
        raise RuntimeError("top and torch.topk disagree")
    took = turns(ours, theirs, rounds=ROUNDS)
    least = statistics.median(our for our, _ in took)
    yield Result(f"top-s of {WEIGHTS:,} weights", least, "s")
    shorter = statistics.median(our / their for our, their in took)
    yield Result("top-s / torch.topk", shorter, "x", 1 / 3)
    yield Result("top-s / full sort", least / seconds(lambda: torch.sort(score)), "x")
