"""Runs back in the queue, each as its next attempt: its id, its folder and what it saved stay.

Owns which runs `retry` puts back by itself, and that what was cancelled for want of a run comes
back with it. What a user may put back is in resume.py.
"""

import re
import time

from graftui.models import LOCAL, Attempt, Here, Run, RunReason, RunStatus
from graftui.registry.attempts import change, write
from graftui.registry.card import amend_card
from graftui.registry.held import queued_by
from graftui.registry.lineage import dependants
from graftui.registry.queue import is_stranded
from graftui.registry.store import Store
from graftui.scheduler.identity import here, life
from graftui.scheduler.lock import supervised
from graftui.settings import Settings, retries

_ON_GPU = re.compile(r"CUDA|HIP|GPU")
"""In what an engine says of memory that ran out, as torch words it."""
_REAPING_S = 10.0
"""How long an engine may take to end after its last word."""
ENDED_EARLY = (RunStatus.failed, RunStatus.cancelled, RunStatus.lost)
_LEAVING_S = 2.0
"""How long a process may take to go after its last word."""


def requeue(settings: Settings, store: Store, run: Run) -> list[str]:
    """Queue a run that ended early, and what was cancelled for want of it; the ids of them all,
    none if the run has changed meanwhile.
    """
    card = {**queued_by(settings), "again_after": run.attempt.n, "held": False, "verdict": None}
    done = store.update(
        run.id,
        only_if=(run.status,),
        then=lambda: amend_card(settings.run_dir(run.id), **card),
        status=RunStatus.queued,
        held=False,
        reason=None,
        message="",
        hint="",
        log_tail="",
        ended_at=None,
        cancel_asked=None,
    )
    return [run.id, *bring_back(settings, store, run.id)] if done else []


def bring_back(settings: Settings, store: Store, id: str) -> list[str]:
    """Queue what was cancelled for want of a run, now that this goes on, unless something else that
    it is made from is missing; the ids.
    """
    back: list[str] = []
    for run in map(store.get, dependants(store.db, [id])):
        sources = [store.find(source) for source in run.sources]
        missing = [source for source in sources if source is None or source.status in ENDED_EARLY]
        if is_stranded(run) and run.folder == settings.folder and not missing:
            back += requeue(settings, store, run)
    return back


def retry(settings: Settings, store: Store, run: Run) -> bool:
    """Queue a run again that was killed, preempted or lost, while it has had no more than `retry`
    starts, and its process is gone; whether that was done.

    Preempted: it was told to stop, and nobody had asked graftui for that; a job is put back by its
    server where that preempts it, so one that is cancelled was cancelled by somebody. Of a lost one
    the process is gone for certain. One that its user cancelled stays so, and one that failed by
    itself would fail again; but for want of memory: that is tried once more, alone.
    """
    if wants_alone(run) and _left(run.attempt):
        _note_oom(settings, store, run)
        return bool(requeue(settings, store, run))
    if not (run.attempt.begun and run.attempt.n <= retries(settings)):
        return False
    match run.status:
        case RunStatus.failed:
            wanted = run.reason == "killed" and run.cancel_asked is None
        case RunStatus.cancelled:
            by_itself = run.attempt.job == "" and not is_stranded(run)
            wanted = run.cancel_asked is None and by_itself
        case RunStatus.lost:
            wanted = run.cancel_asked is None and _gone(run.attempt, here(settings))
        case _:
            wanted = False
    return wanted and _left(run.attempt) and bool(requeue(settings, store, run))


def _left(attempt: Attempt) -> bool:
    """Whether its process has gone, perhaps just now: else there would be two of the run."""
    until = time.monotonic() + _LEAVING_S
    while life(attempt).there:
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def wants_alone(run: Run) -> bool:
    """Whether a run failed for want of memory that it shared with others of this machine."""
    failed = run.status is RunStatus.failed and run.reason == RunReason.oom
    here_first = run.executor == LOCAL and run.attempt.begun and not run.attempt.alone
    return failed and here_first and run.cancel_asked is None


def comes_back(settings: Settings, run: Run) -> bool:
    """Whether a run that has failed will be queued again in a moment, by the supervisor that is
    about to see its process end.
    """
    recent = time.time() - (run.ended_at or 0.0) < _REAPING_S
    return wants_alone(run) and recent and supervised(settings)


def _note_oom(settings: Settings, store: Store, run: Run) -> None:
    """On its attempt: whose memory ran out, so that the next one has that to itself."""
    on_gpu = run.attempt.gpu and run.attempt.signal is None and _ON_GPU.search(run.message)
    with store.write() as db:
        noted = change(db, run.attempt, oom="gpu" if on_gpu else "machine")
    if noted is not None:
        write(settings.run_dir(run.id), noted)


def _gone(attempt: Attempt, where: Here) -> bool:
    """Of this host, and of this boot, where it would be seen; or of a boot that is over. Of another
    container of this boot there is no telling.
    """
    if attempt.host != where.host or attempt.pid_ticks is None:
        return False
    other_boot = attempt.boot_id.split()[:1] != where.boot_id.split()[:1]
    return other_boot or attempt.boot_id == where.boot_id
