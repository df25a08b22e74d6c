"""Whole attention heads: what one computes and hands on goes in together."""

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.graft.localizers.units import Unit, by_units
from engine.models.heads import attention_heads
from engine.session import Session


def score(session: Session, delta: Delta, config: GraftConfig) -> torch.Tensor:
    """By attention heads (`units.by_units`), (P,); what is in none, such as the FFN, comes last.

    Raises ConfigError where the heads of the model cannot be told apart.
    """
    starts = {name: span.start for name, span in delta.places()}
    units: list[Unit] = [
        [(index + starts[name]).to(delta.pre.device) for name, index in head.items()]
        for head in attention_heads(session.model.lm, session.weights, delta.names)
    ]
    return by_units(delta, units)
