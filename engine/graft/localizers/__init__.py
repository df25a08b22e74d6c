"""What localizers do: the code that the entries of engine.contract.localizers name, a file each.

A scorer rates all maskable weights once a run, and `mask.top` cuts the mask of any budget from
that; a mask that learns starts at a base patch and takes gradients (`engine.graft.learn`). All
weights compete with each other, whatever tensor they are in (but for `layerwise`); equal ones are
told apart by their place.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.contract.localizers import Localizer
from engine.errors import ConfigError
from engine.graft.delta import Delta
from engine.named import code_at
from engine.session import Session

__all__ = ["Learner", "Mask", "Scorer", "check_scores", "learner", "scorer"]

Scorer = Callable[[Session, Delta, GraftConfig], torch.Tensor]
"""A score a maskable weight, (P,), larger is better. May leave any weights shown, no gradients."""


class Mask(Protocol):
    """A mask that is learnt, on the flat buffers of a `Delta`."""

    def put(self) -> None:
        """Show the model under the mask as it stands."""

    def update(self, loss: float = ...) -> None:
        """One step from the gradients of `loss` in `delta.grad`, which is cleared; then `put`."""

    def candidates(self) -> list[torch.Tensor]:
        """The grafts to choose from as it stands, each (s',) int64 indices, sorted."""
        ...

    def stored(self) -> dict[str, Any]:
        """As it stands: numbers and tensors, which may be its own."""
        ...

    def go_on_from(self, stored: Mapping[str, Any]) -> None:
        """Stand where `stored` did, of a mask made from the same; then `put`."""


Learner = Callable[[Delta, torch.Tensor, GraftConfig], Mask]
"""Makes the mask from the weights, the base patch (s,) and the config."""


def scorer(entry: Localizer) -> Scorer:
    """The scorer that `entry` names. Raises ConfigError where it is not there."""
    return cast(Scorer, _named(entry.scorer))


def learner(entry: Localizer) -> Learner:
    """The learner that `entry` names. Raises as `scorer` does."""
    return cast(Learner, _named(entry.learner))


def _named(code: str) -> Any:
    remedy = "mend the scorer or learner in its file in engine/contract/localizers"
    return code_at(code, "the localizer's entry", remedy)


def check_scores(rated: torch.Tensor, like: torch.Tensor, localizer: str) -> None:
    """Raises ConfigError for what no graft can be cut by."""
    if rated.shape != like.shape:
        wrong = f"have the shape {tuple(rated.shape)}, not {tuple(like.shape)}"
    elif odd := int((rated.isnan() | rated.isposinf()).sum()):
        wrong = f"are NaN or infinite for {odd:,} of {len(rated):,} weights"
    else:
        return
    raise ConfigError(
        f"graft.localizer = {localizer}: its scores {wrong}",
        "mend its scorer: a number for each maskable weight; -infinity keeps one out",
    )
