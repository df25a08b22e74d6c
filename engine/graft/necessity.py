"""Necessity: what the fine-tuned model loses when the graft's weights go back to pretrained.

Beside it as many random weights, since any loss of weights may hurt (paper, section 3, asks only
whether the region suffices).
"""

import torch

from engine.contract.events import Stage
from engine.graft.base import BasePatch
from engine.graft.delta import Delta
from engine.graft.localizers import chance
from engine.graft.mask import top
from engine.graft.report import Bench, Scores, test_scores


def knock_out(bench: Bench, base: BasePatch, mask: torch.Tensor) -> dict[str, Scores]:
    """Scores of the fine-tuned model without `mask`, (s,), and without s weights drawn at random.

    `lost` is the fine-tuned model's metric less this one's. The pretrained model is left shown.
    """
    drawn = top(chance.score(bench.session, bench.delta, bench.config), len(mask))
    scored = {}
    for stage, region in ((Stage.knocked_out, mask), (Stage.knocked_out_random, drawn)):
        without(bench.delta, region)
        scored[str(stage)] = test_scores(bench, stage, base, region, {})
    bench.delta.theta.copy_(bench.delta.pre)
    return scored


def without(delta: Delta, mask: torch.Tensor) -> None:
    """Show the fine-tuned model with the pretrained values at `mask`, (s,) int64 indices."""
    delta.theta.copy_(delta.tuned)
    theta = delta.theta
    theta[mask] = delta.pre[mask].to(theta)
