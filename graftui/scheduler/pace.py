"""How often what costs is done again: no more than a share of the time goes into it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Pace:
    """Of one thing that is done again and again; `share`: of the time, above 0, at most 1."""

    def __init__(self, share: float) -> None:
        self._rest = 1 / share - 1
        self._until = 0.0

    def due(self) -> bool:
        """Whether it has rested for long enough since it was done last."""
        return time.monotonic() >= self._until

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Around what is done: what it takes of a processor is what counts."""
        since = time.thread_time()
        yield
        self._until = time.monotonic() + self._rest * (time.thread_time() - since)
