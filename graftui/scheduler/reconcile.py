"""The registry made true: called at every start of anything, and by the supervisor as it goes.

Owns the verdict `lost`, and takes it back at a sign of life. Judges no run of another data folder,
and one of another host by its heartbeat alone. Starts and signals nobody.
"""

import os
import time
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from engine.contract.layout import RunDir
from graftui.models import Run, RunReason, RunStatus, Verdict
from graftui.registry import folders, queue
from graftui.registry.attempts import NAMES, change, read_one
from graftui.registry.card import amend_card, read_card
from graftui.registry.ingest import adopt, ingest
from graftui.registry.store import Store
from graftui.scheduler.executors import Executors
from graftui.scheduler.executors.base import Exit
from graftui.scheduler.identity import Life
from graftui.scheduler.lock import supervised
from graftui.scheduler.queue.requeue import bring_back, retry
from graftui.scheduler.settle import note_end, settle, settle_stranded
from graftui.scheduler.verdict import verdict_on
from graftui.settings import Settings

# How long one whose process cannot be seen may be silent. A model of many GB loads in less.
SILENCE_S = 15 * 60.0
# How long a run may be claimed before its engine has a name: the time from fork to exec, and more.
_FORKING_S = 2.0
# How long a supervisor may take to say how its engine ended.
_REAPING_S = 3.0
_STARTS = 2
_EVENTS = RunDir(Path()).events.name
AT_WORK = (RunStatus.starting, RunStatus.running)


@dataclass(frozen=True, slots=True)
class _Watch:
    """What a look at the runs has at hand."""

    settings: Settings
    store: Store
    executors: Executors
    mine: Container[str] | None
    """Runs whose end its own executors will tell the supervisor; None: another looks."""


def reconcile(
    settings: Settings,
    store: Store,
    executors: Executors | None = None,
    *,
    mine: Container[str] | None = None,
    adopting: bool = True,
    waiting: bool = True,
) -> list[Run]:
    """Take in missing runs, read all news, find the lost; the runs whose status changed.

    Only the supervisor gives `mine`: runs whose end its `executors` will tell it; and it alone
    does without `waiting`, a look at what waits, where nothing has changed.
    """
    if adopting:
        adopt(store, settings)
    before = queue.changes(store.db)
    at_work = store.unsettled(settings.folder, waiting=False)
    queued = queue.ids(store.db, settings.folder) if waiting else {}
    stood = {run.id: run.status for run in at_work} | queued
    if stood and settings.runs.is_dir():  # else a disk is not mounted: nothing can be said
        watch = _Watch(settings, store, executors or Executors(settings), mine)
        noticed = map(store.find, _noticed(settings.runs, queued) if queued else ())
        for run in (*at_work, *noticed):
            if run is not None:
                _look(watch, run)
    for run in _changed(store, stood, before):
        if _may_retry(settings, run, mine):
            retry(settings, store, run)
    if waiting:
        settle_stranded(settings, store)
    return _changed(store, stood, before)


def _may_retry(settings: Settings, run: Run, mine: Container[str] | None) -> bool:
    """Else its supervisor does, once it has let go of it; of a lost one it knows no more."""
    if mine is None:
        return run.status is RunStatus.lost or not supervised(settings)
    return run.id not in mine


def _changed(store: Store, stood: Mapping[str, RunStatus], before: queue.Changes) -> list[Run]:
    """Those whose status is another than it was; `before`: when it was that."""
    if queue.changes(store.db) == before:
        return []
    now = store.statuses(stood)
    return [store.get(id) for id, was in stood.items() if now.get(id, was) != was]


def _noticed(runs: Path, waiting: Iterable[str]) -> list[str]:
    """Those of which there is something to see: somebody began them, or took them away. Thousands
    may wait, and each look at one costs.
    """
    there = folders.names(runs)
    return [id for id in waiting if id not in there or os.path.exists(f"{runs}/{id}/{_EVENTS}")]


def _look(watch: _Watch, run: Run) -> None:
    """At one run: its news, and whether it still has the process that it should have."""
    run_dir = watch.settings.run_dir(run.id)
    if not run_dir.path.is_dir():
        _lose(watch, run, "Its directory is gone.")
        return
    heard = ingest(watch.store, run.id, run_dir)
    if run.status is RunStatus.lost and (heard or watch.executors.life(run.attempt).there):
        _take_back(watch, run)
    if watch.mine is not None and run.id in watch.mine:
        return
    now = watch.store.find(run.id) if heard or run.status not in AT_WORK else run
    if now is None or now.status not in AT_WORK:
        return
    if now.attempt.n and now.attempt.pid_ticks is None and not now.attempt.job:
        now = _introduced(watch, now)
    if now.attempt.n and not now.attempt.begun:
        _look_at_claim(watch, now)
    elif _over(watch, now):
        _end(watch, now)


def _take_back(watch: _Watch, run: Run) -> None:
    """It was called lost, and lives; if this was its last word, that stands already."""
    watch.store.update(
        run.id,
        only_if=(RunStatus.lost,),
        then=lambda: amend_card(watch.settings.run_dir(run.id), verdict=None),
        status=RunStatus.running,
        ended_at=None,
        message="",
        hint="",
        log_tail="",
    )
    bring_back(watch.settings, watch.store, run.id)


def _introduced(watch: _Watch, run: Run) -> Run:
    """With what its process wrote of itself: its supervisor may have been killed before it could,
    or the engine's first event read before.
    """
    known = read_one(watch.settings.run_dir(run.id), run.attempt.n)
    if known is None or not known.begun:
        return run
    named = {name: getattr(known, name) for name in NAMES}
    with watch.store.write() as db:
        change(db, run.attempt, only_if=AT_WORK, **named)
    return watch.store.get(run.id)


def _look_at_claim(watch: _Watch, run: Run) -> None:
    """A supervisor took it up; if that one is gone, the engine came up without it or never."""
    if watch.mine is None and supervised(watch.settings):
        return
    if time.time() - (run.seen_at or 0.0) < _FORKING_S:
        return
    _begin_again(watch, run, "Its engine never came up.")


def _begin_again(watch: _Watch, run: Run, why: str, often: bool = False) -> None:
    """Queue a run whose last attempt came to nothing, unless that has been so before; `often`:
    however often.
    """
    if run.cancel_asked is not None:
        message = "It was cancelled before its engine came up."
        _settle(watch, run, RunStatus.cancelled, message)
    elif often or _in_vain(watch.store, run) < _STARTS:
        watch.store.update(run.id, only_if=(RunStatus.starting,), status=RunStatus.queued)
    else:
        message = f"It was started {_STARTS} times in a row. {why}"
        _settle(watch, run, RunStatus.failed, message, RunReason.crashed)


def _in_vain(store: Store, run: Run) -> int:
    """How many starts in a row came to nothing, this one with them: a run that is resumed, or tried
    again, has others behind it, which did come up.
    """
    last_first = reversed(store.attempts(run.id))
    return sum(1 for _ in takewhile(lambda n: n.started_at is n.ended_at is None, last_first))


def _over(watch: _Watch, run: Run) -> bool:
    """Its process is not there, or cannot be seen and has been silent for long. A job may wait for
    days: that its server does not answer says nothing of it.
    """
    state = watch.executors.life(run.attempt)
    if state is Life.unknown:
        return not run.attempt.job and time.time() - (run.seen_at or 0.0) > SILENCE_S
    return not state.there


def _end(watch: _Watch, run: Run) -> None:
    if watch.mine is None and supervised(watch.settings):
        _wait_for_supervisor(watch.settings, watch.store, run.id)  # which may know more
    # Between the last look at its events and its end it may have written the last one.
    ingest(watch.store, run.id, watch.settings.run_dir(run.id))
    now = watch.store.find(run.id)
    if now is not None and now.status in AT_WORK and _over(watch, now):
        _close(watch, now)


def _wait_for_supervisor(settings: Settings, store: Store, run_id: str) -> None:
    """It knows the exit code or signal, and writes it at its next look."""
    until = time.monotonic() + max(_REAPING_S, 4 * settings.poll_s)
    while (run := store.find(run_id)) and run.status.active and time.monotonic() < until:
        time.sleep(settings.poll_s / 4)


def _close(watch: _Watch, run: Run) -> None:
    run_dir, sight = watch.settings.run_dir(run.id), watch.executors.sight(run.attempt)
    # Its parent noted that, and was killed before it could say more; or anybody can see it.
    card, end = read_card(run_dir), Exit.of(run.attempt) or sight.end
    if card is not None and card.verdict is not None:  # known before runs.db was deleted
        settle(watch.settings, watch.store, run.id, card.verdict)
    elif sight.unbegun:
        _begin_again(watch, run, "Its job was gone before it began.", sight.passed_over)
    elif end is not None or sight.cause is not None:
        if sight.end is not None:
            note_end(watch.settings, watch.store, run.attempt, sight.end)
        settle(watch.settings, watch.store, run.id, verdict_on(run, end, run_dir, sight.cause))
    elif run.cancel_asked is not None:
        message = "It ended after it was asked to stop, without a last word."
        _settle(watch, run, RunStatus.cancelled, message)
    elif sight.life is Life.unknown:
        where = f" Its process was on {run.attempt.host}." if run.attempt.host else ""
        _lose(watch, run, f"It has been silent for long.{where}")
    else:
        _lose(watch, run, "Its process vanished without a last event.")


def _lose(watch: _Watch, run: Run, message: str) -> None:
    if run.status is RunStatus.lost:
        return
    if run.heard_at:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.heard_at))
        message = f"{message} Last heard of at {when}."
    _settle(watch, run, RunStatus.lost, message)


def _settle(
    watch: _Watch,
    run: Run,
    status: RunStatus,
    message: str,
    reason: RunReason | None = None,
) -> None:
    hint = (
        f"`graftui logs {run.id}` shows its output; `graftui resume {run.id}` goes on with it, "
        f"`graftui rerun {run.id}` runs it again."
    )
    verdict = Verdict(
        status=status,
        ended_at=time.time(),
        reason=reason,
        message=message,
        hint="" if status is RunStatus.cancelled else hint,
    )
    settle(watch.settings, watch.store, run.id, verdict, only_if=(run.status,))
