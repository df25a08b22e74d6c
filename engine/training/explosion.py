"""When the loss of a training has exploded, though it is still a finite number."""

from collections.abc import Mapping
from typing import Any

from engine.errors import Diverged

WINDOW = 16
"""Steps over which the loss is averaged: a single batch may be hard."""
TIMES = 10.0
"""So many times what it began with is no noise."""
LEAST = 1.0
"""In nats: what it began with counts as this at least, however lucky the first batch."""


class LossWatch:
    """Raises Diverged once the loss stays far above what it began with."""

    def __init__(self) -> None:
        self._first: float | None = None
        self._recent: list[float] = []

    def see(self, step: int, loss: float) -> None:
        """The training loss of a step, in nats and finite. Raises Diverged."""
        self._first = loss if self._first is None else self._first
        self._recent = [*self._recent, loss][-WINDOW:]
        mean = sum(self._recent) / len(self._recent)
        if len(self._recent) == WINDOW and mean > TIMES * max(self._first, LEAST):
            raise Diverged(
                f"train/loss exploded: {mean:.3g} on average over the {WINDOW} steps up to {step}; "
                f"it began at {self._first:.3g}",
                "lower the learning rate (train.lr), or clip the gradient (train.clip)",
            )

    def stored(self) -> dict[str, Any]:
        """As a value, for a saved state."""
        return {"first": self._first, "recent": self._recent}

    def go_on_from(self, stored: Mapping[str, Any]) -> None:
        """See what `stored` saw."""
        self._first, self._recent = stored["first"], stored["recent"]
