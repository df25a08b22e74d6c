"""Going on with runs that ended before they were done, by their user's word.

Refuses what has finished, what is at work, and what would only end the same way again.
"""

import time
from collections.abc import Sequence

from graftui.errors import UsageError
from graftui.models import Run, RunStatus
from graftui.registry.held import refuse_newer
from graftui.registry.store import Store
from graftui.scheduler.executors import Executors
from graftui.scheduler.identity import Life
from graftui.scheduler.lock import supervised
from graftui.scheduler.queue.requeue import ENDED_EARLY, QUEUED, queued_card, stranded_with
from graftui.scheduler.queue.together import Change, change_all
from graftui.scheduler.reads import refuse_half
from graftui.scheduler.reconcile import reconcile
from graftui.scheduler.settle import refuse_elsewhere
from graftui.settings import Settings

_REAPING_S = 3.0
"""How long a supervisor may take to write down how the last attempt ended."""
_REST_S = 3600.0
"""How long after its last sign of life a lost run that cannot be seen might still send another."""


def resume(settings: Settings, runs: Sequence[Run]) -> list[Run]:
    """Queue runs again, with what they are made from where that ended early too, and what was
    cancelled for want of them; all that are queued by that, or none.

    `look.set_going` sets them going. Raises UsageError, and OSError where a card cannot be written.
    """
    executors = Executors(settings)
    with Store.open(settings.db) as store:
        reconcile(settings, store)
        wanted = _with_sources(store, [_settled(settings, store, run.id) for run in runs])
        for run in wanted:
            _refuse(settings, executors, run)
        queued = [*wanted, *stranded_with(settings, store, [run.id for run in wanted])]
        changes = [Change(run, QUEUED, queued_card(settings, run)) for run in queued]
        change_all(settings, store, changes)
        return [store.get(run.id) for run in queued]


def _settled(settings: Settings, store: Store, id: str) -> Run:
    """The run, once its supervisor has let its last attempt go: it could not take up another."""
    until = time.monotonic() + _REAPING_S
    while True:
        run = store.get(id)
        reaped = not run.attempt.begun or run.attempt.ended_at is not None
        if reaped or time.monotonic() > until or not supervised(settings):
            return run
        time.sleep(settings.poll_s / 4)


def _with_sources(store: Store, runs: Sequence[Run]) -> list[Run]:
    """The runs, and what they are made from and has ended early, each once, the oldest first."""
    wanted = {run.id: run for run in runs}
    ahead = list(runs)
    while ahead:
        run = ahead.pop()
        for source in run.sources:
            made = store.find(source)
            if made is None:
                raise UsageError(
                    f"Run {run.id} is made from run {source}, which is deleted.",
                    f"`graftui rerun {run.id}` makes both anew.",
                )
            if made.status in ENDED_EARLY and made.id not in wanted:
                wanted[made.id] = made
                ahead.append(made)
    return sorted(wanted.values(), key=lambda run: run.created_at)


def _refuse(settings: Settings, executors: Executors, run: Run) -> None:
    refuse_elsewhere(settings, run, "Resume")
    refuse_newer(run)
    if run.status not in ENDED_EARLY:
        raise UsageError(f"Run {run.id} is {run.status}.", _INSTEAD[run.status].format(id=run.id))
    if not settings.run_dir(run.id).path.is_dir():
        raise UsageError(
            f"There is nothing to go on with: the directory of run {run.id} is deleted.",
            f"`graftui rerun {run.id}` runs it again.",
        )
    if run.reason == "diverged":
        raise UsageError(
            f"Run {run.id} diverged, and from where it stood it would again.",
            f"`graftui rerun {run.id} --set train.lr=...` runs it with another learning rate.",
        )
    life = executors.life(run.attempt) if run.attempt.begun else Life.gone
    if life.there:
        raise UsageError(
            f"The process of run {run.id}, {run.attempt.pid}, is still there.",
            "Wait until it is gone, or end it.",
        )
    heard_s = time.time() - (run.seen_at or 0.0)
    if run.status is RunStatus.lost and life is Life.unknown and heard_s < _REST_S:
        raise UsageError(
            f"Run {run.id} may still be alive: its process cannot be seen from here.",
            f"Resume it on {run.attempt.host or 'its own host'}, or an hour after its last sign "
            "of life.",
        )
    refuse_half(settings, settings.run_dir(run.id))


_INSTEAD = {
    RunStatus.finished: "There is nothing left to do of it; `graftui rerun {id}` runs it again.",
    RunStatus.held: "`graftui release {id}` queues it.",
    RunStatus.queued: "It starts when its turn comes; `graftui watch {id}` follows it.",
    RunStatus.starting: "`graftui watch {id}` follows it.",
    RunStatus.running: "`graftui watch {id}` follows it.",
}
