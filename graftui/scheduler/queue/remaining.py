"""How long it takes until certain runs are over, by what stands before them in the queue.

Owns the rule: what is at work and what waits up to the last of them, by how long such runs took,
over as many at once as are at work now. Promises nothing of what is held, or of a paused queue.
"""

import time
from collections.abc import Collection

from graftui.registry import queue
from graftui.registry.store import Store
from graftui.scheduler.identity import here
from graftui.scheduler.queue import policy, queue_file
from graftui.scheduler.queue.durations import Durations
from graftui.scheduler.queue.outlook import left_of
from graftui.settings import Settings

_WEIGHED = 200
"""Waiting runs whose durations are looked up; those behind them count as these do on average."""


def remaining_s(settings: Settings, store: Store, ids: Collection[str]) -> float | None:
    """Seconds until the runs `ids` are over; None: nobody knows."""
    now, durations = time.time(), Durations(store)
    at_work = store.unsettled(settings.folder, waiting=False)
    left = {run.id: left_of(run, durations, now) for run in at_work if run.status.active}
    line = sorted(queue.waiting(store.db, here(settings)), key=policy.order)
    own = [number for number, waiting in enumerate(line) if waiting.id in ids]
    if own and (policy.paused(queue_file.in_force(settings, store)) or line[own[-1]].held):
        return None
    ahead = [waiting for waiting in line[: own[-1] + 1] if not waiting.held] if own else []
    runs = [run for each in ahead[:_WEIGHED] if (run := store.find(each.id)) is not None]
    took = [seconds for run in runs if (seconds := durations.of(run)) is not None]
    known = [seconds for id, seconds in left.items() if seconds is not None]
    if (ahead and not took) or not (took or known):
        return None
    waiting_s = sum(took) / len(took) * len(ahead) if took else 0.0
    least = max((left[id] or 0.0 for id in ids if id in left), default=0.0)
    if not ahead:
        return least
    width = queue_file.in_force(settings, store).jobs or max(1, len(left))
    return max(least, (sum(known) + waiting_s) / width)
