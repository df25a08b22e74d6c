"""Runs back in the queue, each as its next attempt: its id, its folder and what it saved stay.

Owns which runs `retry` puts back by itself, and that what was cancelled for want of a run comes
back with it. What a user may put back is in resume.py.
"""

import re
import time
from collections.abc import Collection
from typing import Any

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


QUEUED: dict[str, Any] = {
    "status": RunStatus.queued, "held": False, "reason": None, "message": "", "hint": "",
    "log_tail": "", "ended_at": None, "cancel_asked": None,
}  # fmt: skip
"""Of the row of a run that waits again."""


def queued_card(settings: Settings, run: Run) -> dict[str, Any]:
    """The same of its card."""
    again = {"again_after": run.attempt.n, "held": False, "verdict": None}
    return {**queued_by(settings), **again}


def requeue(settings: Settings, store: Store, run: Run) -> bool:
    """Queue a run that ended early, and what was cancelled for want of it; whether that was done:
    not if the run has changed meanwhile.
    """
    done = _queue(settings, store, run)
    if done:
        bring_back(settings, store, run.id)
    return done


def bring_back(settings: Settings, store: Store, id: str) -> None:
    """Queue what was cancelled for want of a run, now that this goes on."""
    for run in stranded_with(settings, store, [id]):
        _queue(settings, store, run)


def stranded_with(settings: Settings, store: Store, ids: Collection[str]) -> list[Run]:
    """What was cancelled for want of these runs, or of one that was so itself, and comes back with
    them: nothing else that it is made from is missing.
    """
    back: dict[str, Run] = {}
    while True:
        going = {*ids, *back}
        runs = [store.get(id) for id in dependants(store.db, going)]
        more = {run.id: run for run in runs if _comes_with(settings, store, run, going)}
        if not more:
            return list(back.values())
        back |= more


def _comes_with(settings: Settings, store: Store, run: Run, going: Collection[str]) -> bool:
    if not is_stranded(run) or run.folder != settings.folder:
        return False
    others = [store.find(source) for source in run.sources if source not in going]
    return not [made for made in others if made is None or made.status in ENDED_EARLY]


def _queue(settings: Settings, store: Store, run: Run) -> bool:
    run_dir, card = settings.run_dir(run.id), queued_card(settings, run)
    return store.update(
        run.id, only_if=(run.status,), then=lambda: amend_card(run_dir, **card), **QUEUED
    )


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
        return requeue(settings, store, run)
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
    return wanted and _left(run.attempt) and requeue(settings, store, run)


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
