"""Stopping runs and deleting them.

Owns the way from asking to killing, by way of executors; refuses to delete what is at work, what
may yet turn out to be, and what is of another data folder.
"""

import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from engine.contract.layout import write_json
from graftui.errors import EnvironmentProblem, Unwritable, UsageError, explain
from graftui.models import Attempt, Run, RunStatus, Verdict
from graftui.registry.connect import connect_in_place
from graftui.registry.ingest import ingest
from graftui.registry.lineage import dependants
from graftui.registry.migrate import applied
from graftui.registry.store import Store
from graftui.registry.view import view
from graftui.scheduler.executors import Executors
from graftui.scheduler.executors.base import Executor, Exit, How
from graftui.scheduler.identity import Life
from graftui.scheduler.reconcile import AT_WORK, reconcile
from graftui.scheduler.removal import trash
from graftui.scheduler.removal.leftovers import clear, clear_leftovers, hidden, hide
from graftui.scheduler.settle import note_end, refuse_elsewhere, settle, settle_stranded
from graftui.settings import Settings

# A killed process may take a while to go, if it hangs in the driver.
_KILL_S = 10.0
_WAITING = (RunStatus.held, RunStatus.queued)
# How long after its last sign of life a run that cannot be seen might still send another.
_REST_S = 3600.0


def cancel(settings: Settings, id: str) -> Run:
    """Stop a run: at once if it waits, else it is asked to, and killed after the grace."""
    executors = Executors(settings)
    with Store.open(settings.db) as store:
        reconcile(settings, store)
        run = store.get(id)
        refuse_elsewhere(settings, run, "Cancel")
        if run.status in _WAITING and _cancel_waiting(settings, store, run):
            return store.get(id)
        _refuse_unseen(executors, run)
        if not store.update(id, only_if=AT_WORK, cancel_asked=time.time()):
            run = store.get(id)
            raise UsageError(f"Run {id} is {run.status} already.", f"`graftui show {id}`")
        run = _wait_for_process(settings, store, id)
        stop = partial(_stop, settings, store, executors[run.attempt.executor], run.attempt)
        if run.status.active and not stop(How.ask, settings.grace_s) and stop(How.kill, _KILL_S):
            _note_kill(settings, store, run)
        return _final(settings, store, id)


def parted(settings: Settings, runs: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    """Of runs that are to be stopped, those that have something to do, as they are now: that which
    waits first, as it would end with what it waits for; and those that others wait for.
    """
    with Store.open(settings.db) as store:
        now = [store.get(run.id) for run in runs]
        own = {run.id for run in runs}
        waiting = [run for run in store.active() if run.id not in own]
    wanted = {source for run in waiting for source in run.sources}
    active = sorted((run for run in now if run.status.active), key=lambda run: -run.created_at)
    return ([run for run in active if run.id not in wanted],
            [run for run in active if run.id in wanted])  # fmt: skip


def remove(
    settings: Settings,
    ids: Sequence[str],
    now: bool = False,
    reached: Callable[[int], object] = lambda done: None,
) -> bool:
    """Delete runs, their directories included; none of them if one is at work or needed.
    `reached` hears of how many it is done.

    Whether they are in the trash: not where they are to be gone `now`, where nothing is kept
    there, or where only that makes room for the registry to be written.
    """
    deletion = None if now else trash.begun(settings)
    try:
        with Store.open(settings.db) as store:
            reconcile(settings, store)
            for run in _staying(settings, store, ids):
                _keep_origins(settings, run, store.find)
            for number, id in enumerate(ids):
                reached(number)
                _delete(settings, store, id, deletion)
        clear_leftovers(settings.runs)
        return deletion is not None
    except (sqlite3.Error, OSError, EnvironmentProblem) as error:
        if not isinstance(explain(error, settings.db), Unwritable):
            raise
        _remove_without_room(settings, ids)
        return False


def _refuse_unseen(executors: Executors, run: Run) -> None:
    """Never signal by a pid that may be somebody else's; a job has its number for itself."""
    attempt = run.attempt
    if attempt.job and executors.knows(attempt):
        return
    if run.status in AT_WORK and attempt.begun and executors.life(attempt) is Life.unknown:
        name = f"job, {attempt.job}" if attempt.job else f"process, {attempt.pid}"
        where = f" on host {attempt.host}" if attempt.host else ""
        raise UsageError(
            f"Run {run.id} cannot be stopped from here: its {name}{where}, cannot be "
            "told for certain, and the number may be another's.",
            "Cancel it on its own host and in its own container. It is given up as lost when "
            "nothing is heard of it for a while.",
        )


def _refuse_doubtful(executors: Executors, run: Run) -> None:
    """`lost` of a process that cannot be seen from here is a guess; it may still be writing."""
    left_s = (run.seen_at or 0.0) + _REST_S - time.time()
    unseen = run.status is RunStatus.lost and executors.life(run.attempt) is Life.unknown
    if unseen and left_s > 0:
        when = time.strftime("%H:%M", time.localtime(time.time() + left_s))
        raise UsageError(
            f"Run {run.id} may still be alive: it is lost, and its process cannot be seen from "
            "here.",
            f"It can be deleted after {when}, if nothing is heard of it until then.",
        )


def _remove_without_room(settings: Settings, ids: Sequence[str]) -> None:
    """Files first: on a full disk nothing can be written before they are gone."""
    seen, _ = view(settings)
    with seen:
        left = [id for id in ids if seen.find(id)]
        sources = {run.id: run for run in map(seen.get, left)}
        stay = _staying(settings, seen, left)
    for id in left:
        path = settings.run_dir(id).path
        hide(path)
        clear(hidden(path))
    for run in stay:
        _keep_origins(settings, run, sources.get)
    try:
        _forget(Store.open(settings.db), left)
    except (sqlite3.Error, EnvironmentProblem):
        if settings.db.exists():
            _forget(Store(connect_in_place(settings.db)), left)


def _forget(opened: Store, ids: Sequence[str]) -> None:
    with opened as store:
        for id in ids if applied(store.db) else ():  # there may have been no room for a table
            store.delete(id, unless_active=True)


def _staying(settings: Settings, store: Store, ids: Sequence[str]) -> list[Run]:
    """The runs that use something of `ids`. Raises UsageError if one of all these is at work, or
    might be.
    """
    executors = Executors(settings)
    for run in map(store.get, ids):
        refuse_elsewhere(settings, run, "Delete")
        if run.status.active:
            raise UsageError(f"Run {run.id} is {run.status}.", f"`graftui cancel {run.id}` first.")
        _refuse_doubtful(executors, run)
    stay = [store.get(id) for id in dependants(store.db, ids)]
    for run in stay:
        if run.status.active:
            source = next((id for id in run.sources if id in ids), None)
            raise UsageError(
                f"Run {run.id}, which is {run.status}, uses the result of "
                f"{f'run {source}' if source else 'a run to be deleted'}.",
                f"`graftui cancel {run.id}` first, or wait for its end.",
            )
    return stay


def _keep_origins(settings: Settings, run: Run, find: Callable[[str], Run | None]) -> None:
    """The configs of its sources, which graftui 0.1 did not store with a run."""
    here, places = settings.run_dir(run.id), Counter[str]()
    for given in run.inputs:
        origin = here.origin(given.role, places[given.role])
        places[given.role] += 1
        source = find(given.source) if given.is_run else None
        if source is not None and here.path.is_dir() and not origin.exists():
            write_json(origin, source.config)


def _delete(settings: Settings, store: Store, id: str, deletion: Path | None) -> None:
    """Row and directory go together: a directory without a row would be taken in again."""
    path = settings.run_dir(id).path
    take_away = partial(hide, path) if deletion is None else partial(trash.put_in, path, deletion)
    if not store.delete(id, then=take_away, unless_active=True):  # somebody queued it meanwhile
        raise UsageError(f"Run {id} is {store.get(id).status} by now.", f"`graftui show {id}`")
    if deletion is not None:
        return
    gone = hidden(path)
    clear(gone)
    if os.path.lexists(gone):
        raise EnvironmentProblem(
            f"Run {id} is deleted, but {gone} could not be cleared whole.",
            "See whose files those are, and delete that folder by hand.",
        )


def _cancel_waiting(settings: Settings, store: Store, run: Run) -> bool:
    message = "It was cancelled before it started."
    verdict = Verdict(status=RunStatus.cancelled, ended_at=time.time(), message=message)
    asked = {"cancel_asked": verdict.ended_at}  # else `retry` might put it back
    done = settle(settings, store, run.id, verdict, only_if=(run.status,), **asked)
    settle_stranded(settings, store)
    return done


def _wait_for_process(settings: Settings, store: Store, id: str) -> Run:
    """A claimed run has no process for an instant; if it stays so, the claim is taken back."""
    until = time.monotonic() + settings.grace_s
    while not (run := store.get(id)).attempt.begun and run.status.active:
        if time.monotonic() > until:
            message = "It was cancelled before its engine came up."
            verdict = Verdict(status=RunStatus.cancelled, ended_at=time.time(), message=message)
            settle(settings, store, id, verdict, only_if=AT_WORK)
        time.sleep(settings.poll_s / 4)
    return run


def _stop(
    settings: Settings,
    store: Store,
    executor: Executor,
    attempt: Attempt,
    how: How,
    wait_s: float,
) -> bool:
    """Have the attempt stopped and wait; whether it is gone."""
    executor.stop(attempt, how)
    until = time.monotonic() + wait_s
    while executor.poll([attempt])[0].life.there:
        if time.monotonic() > until:
            return False
        time.sleep(min(settings.poll_s, 0.1))
        ingest(store, attempt.run, settings.run_dir(attempt.run))
    return True


def _note_kill(settings: Settings, store: Store, run: Run) -> None:
    note_end(settings, store, run.attempt, Exit(-signal.SIGKILL), guessed=True)
    verdict = Verdict(
        status=RunStatus.cancelled,
        ended_at=time.time(),
        message=f"It did not stop within {settings.grace_s:g} s and was killed.",
    )
    settle(settings, store, run.id, verdict, only_if=AT_WORK)


def _final(settings: Settings, store: Store, id: str) -> Run:
    """The run as it ended; a supervisor knows the signal, else reconcile words it."""
    reconcile(settings, store)
    run = store.get(id)
    if run.status.active:
        if job := run.attempt.job:
            raise EnvironmentProblem(
                f"Job {job} of run {id} was told to stop, and has not gone yet.",
                "It goes as soon as it hears of that; `graftui ls` shows when it is gone.",
            )
        raise EnvironmentProblem(
            f"Process {run.attempt.pid} of run {id} does not go, even when killed.",
            "It hangs in the system, perhaps in a driver; `graftui ls` shows when it is gone.",
        )
    return run
