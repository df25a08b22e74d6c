"""What a grafted model scores, announced as it comes."""

from dataclasses import dataclass, field

import torch

from engine.contract.events import Stage
from engine.contract.kinds.graft import GraftConfig
from engine.evaluate import Outcome, recovery
from engine.graft.base import BasePatch
from engine.graft.delta import Delta
from engine.graft.map import Located
from engine.session import Session

Tests = dict[str, Outcome]
Scores = dict[str, dict[str, float]]
"""Name of a test set -> scores, and size."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What all grafts of a run share."""

    session: Session
    config: GraftConfig
    delta: Delta
    outcomes: dict[str, Tests]
    """Of the pretrained and the fine-tuned model: stage -> answers to the test sets."""
    tuned: bool = True
    """Whether the fine-tuned model differs from the pretrained one."""
    located: list[Located] = field(default_factory=list)
    """The grafts whose skill is written; filled as they come."""


def test_scores(
    bench: Bench, stage: Stage, base: BasePatch, mask: torch.Tensor, changed: dict[str, float]
) -> Scores:
    """Announce and give the scores of the model as it stands, on each test set; `mask`: (s,)."""
    session, metric = bench.session, bench.session.data.metric
    weights = len(mask)
    size = {"weights": float(weights), "fraction": weights / len(bench.delta), **changed}
    primary: Scores = {}
    # Of one base patch many grafts are cut, by other localizers and seeds.
    whose = stage if stage is Stage.base_patch else ""
    for name, outcome in session.test(whose=whose).items():
        full, none = (bench.outcomes[whole][name] for whole in ("finetuned", "pretrained"))
        scores = outcome.scores(like=full)
        scores |= {**recovery(scores[metric], full.score, none.score, bench.tuned), **size}
        primary[name] = session.announce(stage, name, outcome, scores, base.labels)
    return primary
