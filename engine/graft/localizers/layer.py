"""Whole layers: all tensors of one go in together."""

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.graft.localizers.units import Unit, by_units
from engine.session import Session


def score(session: Session, delta: Delta, config: GraftConfig) -> torch.Tensor:
    """By layers (`units.by_units`), (P,); where embeddings and head are maskable, each is one
    unit too. A layer is one of the network's stack."""
    at = session.weights.places(delta.names)
    units: dict[tuple[str, int | None], list[slice]] = {}
    for name, span in delta.places():
        units.setdefault((at[name].part, at[name].layer), []).append(span)
    whole: list[Unit] = list(units.values())
    return by_units(delta, whole)
