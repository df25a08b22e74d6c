"""What a screen asks the reader thread, and what answers it.

A question is a small frozen value: the screen that is open asks it, and only what it names is
read. Its answer is a frozen snapshot. Each screen has its own in its folder, in feed.py.
"""

from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from graftui.models import Run
from graftui.registry.store import Store
from graftui.settings import Settings

A = TypeVar("A", covariant=True)
"""The snapshot that a question gets."""


@dataclass(frozen=True, slots=True)
class Source:
    """What answers are read from, at one look."""

    settings: Settings
    store: Store
    now: float
    """Seconds since the epoch."""
    active: tuple[Run, ...]
    """Runs that still have something to do, as of the last time the registry was made true."""
    view_only: bool
    """The store is a view in memory: the registry cannot be written, or not be understood."""


class Feed(Protocol[A]):
    """Answers a screen's questions of one type; keeps what need not be read again."""

    def read(self, source: Source, question: Any) -> A:
        """The answer as it is now."""


class Question(Protocol[A]):
    """What a screen asks. Hashable, and small enough to be compared at every look."""

    def feed(self) -> Feed[A]:
        """What answers it; kept for as long as questions of its type are asked."""


S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Reading(Generic[S]):
    """An answer, and when it was read."""

    snapshot: S
    read_at: float
    """By the monotonic clock, seconds."""
