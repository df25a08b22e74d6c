"""Taking up the next run: the rules of policy.py and of admission put to the registry."""

from collections.abc import Callable, Mapping
from dataclasses import asdict

from graftui.models import Run
from graftui.registry import queue
from graftui.registry.store import Store
from graftui.scheduler.queue.line import Line
from graftui.settings import Settings


def claim_next(
    settings: Settings,
    store: Store,
    line: Line | None = None,
    mine: Mapping[str, str] | None = None,
    ready: Callable[[str], bool] = lambda executor: True,
) -> Run | None:
    """Begin to start the run whose turn it is, if any; `mine`: id -> group of runs whose slots the
    supervisor knows to be taken, whatever the registry says; `ready`: whether an executor would
    start at once. Raises UsageError where the machine is pretended, and not well.
    """
    line = line or Line(settings)
    coming = line.next(store, mine or {})  # without a lock: mostly none may start
    run = None if coming is None else store.find(coming[0])
    if run is None or not ready(run.executor):
        return None
    with store.write() as db:
        chosen = line.next(store, mine or {})
        if chosen is not None:
            queue.claim(db, chosen[0], **asdict(chosen[1]))
    return None if chosen is None else store.find(chosen[0])
