"""When a run's turn comes, as values: what the user says of it, what waits, how wide the queue is.

Builds on nothing. Which run is next is in scheduler/policy.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What the user says of when a run is to start."""

    priority: int = 0
    """Higher goes first."""
    rank: float | None = None
    """Where it was moved to among those of its priority, lower first; None: by its creation. In
    seconds since the epoch, as that is."""
    queue_group: str = ""
    """Named part of the queue, with a width of its own; empty: none."""
    held: bool = False
    """Whether the user holds it back."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run that has not started."""

    id: str
    priority: int
    rank: float
    """Lower first; seconds since the epoch."""
    group: str
    """Named part of the queue; empty: none."""
    held: bool = False
    """Whether it waits for its user's word."""
    unfinished: int = 0
    """How many of the runs it is made from have not finished."""
    handed: bool = False
    """Whether an executor with a queue of its own takes it, and no slot here."""


@dataclass(frozen=True, slots=True)
class Group:
    """A named part of the queue."""

    jobs: int | None
    """Runs at once, beside those of other groups, 1 or more; None: as many as have room."""
    paused: bool = False
    """Whether nothing new of it starts."""


@dataclass(frozen=True, slots=True)
class Knobs:
    """How wide the queue is, and what of it is paused."""

    jobs: int | None = None
    """Runs at once that are of no group, 1 or more; None: as many as have room."""
    paused: bool = False
    """Whether nothing new starts, of any group."""
    groups: Mapping[str, Group] = field(default_factory=dict)
    """By name."""
