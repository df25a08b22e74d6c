"""Taking up the next run: the rules of policy.py and of admission put to the registry."""

from collections.abc import Callable, Mapping
from dataclasses import asdict

from graftui.grants import Grant
from graftui.models import Run
from graftui.registry import queue
from graftui.registry.store import Store
from graftui.scheduler.admission.admission import Admission
from graftui.scheduler.identity import here
from graftui.scheduler.queue import policy, queue_file
from graftui.settings import Settings


def claim_next(
    settings: Settings,
    store: Store,
    admission: Admission | None = None,
    mine: Mapping[str, str] | None = None,
    ready: Callable[[str], bool] = lambda executor: True,
) -> Run | None:
    """Begin to start the run whose turn it is, if any; `mine`: id -> group of runs whose slots the
    supervisor knows to be taken, whatever the registry says; `ready`: whether an executor would
    start at once. Raises UsageError where the machine is pretended, and not well.
    """
    admission = admission or Admission(settings)
    coming = _next(settings, store, admission, mine or {})  # without a lock: mostly none may start
    run = None if coming is None else store.find(coming[0])
    if run is None or not ready(run.executor):
        return None
    with store.write() as db:
        chosen = _next(settings, store, admission, mine or {})
        if chosen is not None:
            queue.claim(db, chosen[0], **asdict(chosen[1]))
    return None if chosen is None else store.find(chosen[0])


def _next(
    settings: Settings, store: Store, admission: Admission, mine: Mapping[str, str]
) -> tuple[str, Grant] | None:
    knobs = queue_file.in_force(settings, store)
    busy = {**queue.busy(store.db, here(settings)), **mine}
    if not policy.has_room(busy, knobs) or admission.resting(busy, knobs):
        return None
    able = policy.in_line(queue.waiting(store.db, here(settings)), busy, knobs)
    return admission.first(store, able, busy, knobs) if able else None
