"""What the queue's screen asks: what runs where, a page of what waits, and the machine."""

from dataclasses import dataclass

from graftui.scheduler.admission.inventory import inventory_of
from graftui.scheduler.admission.machine import Machine
from graftui.scheduler.executors.slurm import snapshot
from graftui.scheduler.executors.slurm.snapshot import Snapshot
from graftui.scheduler.queue import queue_file
from graftui.scheduler.queue.outlook import Outlook, outlook
from graftui.tui.feed import Source

PAGE = 100
"""Waiting runs that are read at once."""


@dataclass(frozen=True, slots=True)
class QueuePage:
    """The queue, and of what waits one page."""

    page: int = 0

    def feed(self) -> "QueueFeed":
        """What answers it."""
        return QueueFeed()


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """The queue as it stood."""

    page: int
    now: float
    """Seconds since the epoch."""
    outlook: Outlook
    machine: Machine
    slurm: Snapshot
    """What Slurm said last; of nothing where it has no job of ours."""
    trouble: str
    """Why what its user said of the queue cannot be read; empty: it can."""


class QueueFeed:
    """Reads the queue."""

    def read(self, source: Source, question: QueuePage) -> QueueSeen:
        """As it is now."""
        settings = source.settings
        first = question.page * PAGE
        seen = outlook(settings, source.store, slice(first, first + PAGE))
        jobs = any(run.attempt.job for run in seen.at_work)
        return QueueSeen(
            question.page,
            source.now,
            seen,
            inventory_of(settings.inventory).look(),
            snapshot.load(settings.data / "slurm" / "jobs.json") if jobs else Snapshot(),
            queue_file.trouble(settings),
        )
