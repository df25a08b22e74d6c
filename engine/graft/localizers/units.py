"""Structured regions at any budget: units of weights, such as layers, one after the other."""

from collections.abc import Iterable, Sequence

import torch

from engine.graft.delta import Delta

Unit = Sequence[slice | torch.Tensor]
"""Where the weights of a unit lie in the flat buffers: stretches, or (n,) int64 indices."""


def by_units(delta: Delta, units: Iterable[Unit]) -> torch.Tensor:
    """Minus the place of each weight, (P,) int32 (int64 beyond 2^31), in this order: the units by
    their mean squared movement, the largest first; within a unit, the weights by movement.

    So the top s are whole units that hold most of |tuned - pre|^2 a weight, and of the last one
    what moved most. What is in no unit comes after all of them, by movement. The order of units
    is our own.
    """
    movement = delta.movement()
    given = [unit for unit in units if unit]
    energy = [_mean_square(movement, unit) for unit in given]
    order = sorted(range(len(given)), key=lambda number: -energy[number])
    wide = torch.int64 if len(delta) >= 2**31 else torch.int32
    places = torch.full((len(delta),), 1, dtype=wide, device=movement.device)
    done = 0
    for number in order:
        done = _put(places, movement, given[number], done)
    rest = (places > 0).nonzero().flatten()
    _put(places, movement, [rest], done)
    return places


def _mean_square(movement: torch.Tensor, unit: Unit) -> float:
    total = sum(movement[part].double().square().sum().item() for part in unit)
    return total / sum(len(movement[part]) for part in unit)


def _put(places: torch.Tensor, movement: torch.Tensor, unit: Unit, done: int) -> int:
    """Number the weights of a unit, after `done` others; how many there are by then."""
    own = torch.cat([movement[part] for part in unit])
    order = own.sort(descending=True, stable=True).indices
    numbers = torch.empty_like(order)
    numbers[order] = torch.arange(done, done + len(own), device=order.device)
    start = 0
    for part in unit:
        size = len(movement[part])
        places[part] = -numbers[start : start + size].to(places)
        start += size
    return done + len(own)
