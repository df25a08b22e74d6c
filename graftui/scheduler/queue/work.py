"""Whether there is something for a supervisor to do. Every command asks that at its start."""

from graftui.registry import handed, hooks, queue
from graftui.registry.store import Store
from graftui.scheduler.identity import here
from graftui.scheduler.queue import policy, queue_file
from graftui.scheduler.queue.line import Line
from graftui.settings import QUEUEING, Settings


def work(settings: Settings, store: Store, line: Line | None = None) -> bool:
    """Whether a supervisor has something to do: a run that may start or be handed over, one to
    watch, or a command to call for one that has ended.

    What waits for another run, is held or paused needs no look: at the root of every chain there is
    a run that may start or is at work, or one that nothing can be done about, such as one that
    declares more memory than there is.
    """
    me = here(settings)
    if queue.watched(store.db, me) or (line or Line(settings)).hopeful(store):
        return True
    if hooks.due(store.db, settings.folder):
        return True
    paused = policy.paused(queue_file.in_force(settings, store))
    return any(handed.ready(store.db, me, name, paused, 1) for name in QUEUEING)


def nothing_to_do(settings: Settings, store: Store) -> bool:
    """Whether what is queued stays so until its user does something else than let the queue go on:
    what fits nowhere, say, and what is made from that.
    """
    paused = policy.paused(queue_file.in_force(settings, store))
    return not paused and not work(settings, store)
