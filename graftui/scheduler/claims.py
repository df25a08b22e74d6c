"""Taking up the next run, and whether there is one: the rule of policy.py put to the registry."""

from collections.abc import Mapping

from graftui.models import Run
from graftui.registry import queue
from graftui.registry.store import Store
from graftui.scheduler import policy, queue_file
from graftui.scheduler.identity import here
from graftui.settings import Settings
from graftui.turns import Waiting


def claim_next(
    settings: Settings, store: Store, mine: Mapping[str, str] | None = None
) -> Run | None:
    """Begin to start the run whose turn it is, if any; `mine`: id -> group of runs whose slots the
    supervisor knows to be taken, whatever the registry says.
    """
    if _next(settings, store, mine or {}) is None:  # asked without a lock: mostly nothing may start
        return None
    with store.write() as db:
        chosen = _next(settings, store, mine or {})
        if chosen is not None:
            queue.claim(db, chosen.id)
    return None if chosen is None else store.find(chosen.id)


def work(settings: Settings, store: Store) -> bool:
    """Whether a supervisor has something to do: a run that may start, or one to watch.

    What waits for another run, is held or paused needs no look: at the root of every chain there is
    a run that may start or is at work, or one that nothing can be done about.
    """
    return bool(queue.busy(store.db, here(settings))) or _next(settings, store, {}) is not None


def _next(settings: Settings, store: Store, mine: Mapping[str, str]) -> Waiting | None:
    knobs = queue_file.in_force(settings, store)
    busy = {**queue.busy(store.db, here(settings)), **mine}
    if not policy.has_room(busy, knobs):
        return None
    return policy.next_run(queue.waiting(store.db, here(settings)), busy, knobs)
