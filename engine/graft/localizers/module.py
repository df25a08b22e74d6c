"""Whole modules: the weights and biases of one linear map, or of one norm, go in together."""

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.graft.localizers.units import Unit, by_units
from engine.session import Session


def score(session: Session, delta: Delta, config: GraftConfig) -> torch.Tensor:
    """By modules (`units.by_units`), (P,): those of each layer by themselves."""
    at = session.weights.places(delta.names)
    units: dict[tuple[str, int | None, str], list[slice]] = {}
    for name, span in delta.places():
        where = at[name]
        units.setdefault((where.part, where.layer, where.module), []).append(span)
    whole: list[Unit] = list(units.values())
    return by_units(delta, whole)
