"""Taking up the next run, and whether there is one: the rule of policy.py put to the registry."""

from collections.abc import Callable, Mapping

from graftui.models import Run
from graftui.registry import handed, queue
from graftui.registry.store import Store
from graftui.scheduler.identity import here
from graftui.scheduler.queue import policy, queue_file
from graftui.settings import QUEUEING, Settings
from graftui.turns import Waiting


def claim_next(
    settings: Settings,
    store: Store,
    mine: Mapping[str, str] | None = None,
    ready: Callable[[str], bool] = lambda executor: True,
) -> Run | None:
    """Begin to start the run whose turn it is, if any; `mine`: id -> group of runs whose slots the
    supervisor knows to be taken, whatever the registry says; `ready`: whether an executor would
    start at once.
    """
    coming = _next(settings, store, mine or {})  # without a lock: mostly nothing may start
    run = None if coming is None else store.find(coming.id)
    if run is None or not ready(run.executor):
        return None
    with store.write() as db:
        chosen = _next(settings, store, mine or {})
        if chosen is not None:
            queue.claim(db, chosen.id)
    return None if chosen is None else store.find(chosen.id)


def work(settings: Settings, store: Store) -> bool:
    """Whether a supervisor has something to do: a run that may start or be handed over, or one to
    watch.

    What waits for another run, is held or paused needs no look: at the root of every chain there is
    a run that may start or is at work, or one that nothing can be done about.
    """
    me = here(settings)
    if queue.watched(store.db, me) or _next(settings, store, {}) is not None:
        return True
    paused = policy.paused(queue_file.in_force(settings, store))
    return any(handed.ready(store.db, me, name, paused, 1) for name in QUEUEING)


def _next(settings: Settings, store: Store, mine: Mapping[str, str]) -> Waiting | None:
    knobs = queue_file.in_force(settings, store)
    busy = {**queue.busy(store.db, here(settings)), **mine}
    if not policy.has_room(busy, knobs):
        return None
    return policy.next_run(queue.waiting(store.db, here(settings)), busy, knobs)
