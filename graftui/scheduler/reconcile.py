"""The registry made true: called at every start of anything, and by the supervisor as it goes.

Owns the verdict `lost`, and takes it back at a sign of life. Judges no run of another data folder,
and one of another host by its heartbeat alone. Starts and signals nobody.
"""

import time
from collections.abc import Container

from engine.contract.layout import RunDir
from graftui.models import Run, RunReason, RunStatus, Verdict
from graftui.registry.card import amend_card, read_card
from graftui.registry.ingest import adopt, ingest
from graftui.registry.store import Store
from graftui.scheduler.identity import Life, life
from graftui.scheduler.lock import supervised
from graftui.scheduler.settle import settle, settle_stranded
from graftui.settings import Settings

# How long one whose process cannot be seen may be silent. A model of many GB loads in less.
SILENCE_S = 15 * 60.0
# How long a run may be claimed before its engine has a name: the time from fork to exec, and more.
_FORKING_S = 2.0
# How long a supervisor may take to say how its engine ended.
_REAPING_S = 3.0
_CLAIMS = 2
_AT_WORK = (RunStatus.starting, RunStatus.running)


def reconcile(
    settings: Settings, store: Store, *, mine: Container[str] | None = None, adopting: bool = True
) -> list[Run]:
    """Take in missing runs, read all news, find the lost; the runs whose status changed.

    `mine`: only the supervisor gives them: runs whose end it sees itself, as parent of the process.
    """
    if adopting:
        adopt(store, settings)
    watched = store.unsettled(settings.folder)
    if watched and settings.runs.is_dir():  # else a disk is not mounted: nothing can be said
        for run in watched:
            if not _only_waits(settings.run_dir(run.id), run):
                _look(settings, store, run, mine)
    settle_stranded(settings, store)
    now = store.statuses()
    changed = [run.id for run in watched if now.get(run.id, run.status) != run.status]
    return [store.get(id) for id in changed]


def _only_waits(place: RunDir, run: Run) -> bool:
    """Whether nothing is to be seen of it: thousands may wait, and each look costs."""
    waits = run.status in (RunStatus.held, RunStatus.queued)
    return waits and place.config.exists() and not place.events.exists()


def _look(settings: Settings, store: Store, run: Run, mine: Container[str] | None) -> None:
    """At one run: its news, and whether it still has the process that it should have."""
    if not settings.run_dir(run.id).path.is_dir():
        _lose(settings, store, run, "Its directory is gone.")
        return
    heard = ingest(store, run.id, settings.run_dir(run.id))
    if run.status is RunStatus.lost and (heard or life(run).there):
        _take_back(settings, store, run)
    if mine is not None and run.id in mine:
        return
    now = store.find(run.id)
    if now is None or now.status not in _AT_WORK:
        return
    if now.pid_ticks is None and now.claims:
        now = _introduced(settings, store, now)
    if now.pid is None and now.claims:
        _look_at_claim(settings, store, now, supervising=mine is not None)
    elif _over(now):
        _end(settings, store, now, patient=mine is None)


def _take_back(settings: Settings, store: Store, run: Run) -> None:
    """It was called lost, and lives; if this was its last word, that stands already."""
    store.update(
        run.id,
        only_if=(RunStatus.lost,),
        then=lambda: amend_card(settings.run_dir(run.id), verdict=None),
        status=RunStatus.running,
        ended_at=None,
        message="",
        hint="",
        log_tail="",
    )


def _introduced(settings: Settings, store: Store, run: Run) -> Run:
    """With what its process wrote of itself on the card: its supervisor may have been killed
    before it could, or the engine's first event read before.
    """
    card = read_card(settings.run_dir(run.id))
    if card is None or card.pid_ticks is None:
        return run
    store.update(
        run.id,
        only_if=_AT_WORK,
        host=card.host,
        boot_id=card.boot_id,
        pid=card.pid,
        pid_ticks=card.pid_ticks,
    )
    return store.get(run.id)


def _look_at_claim(settings: Settings, store: Store, run: Run, supervising: bool) -> None:
    """A supervisor took it up; if that one is gone, the engine came up without it or never."""
    if not supervising and supervised(settings):
        return
    if time.time() - (run.seen_at or 0.0) < _FORKING_S:
        return
    if run.cancel_asked is not None:
        message = "It was cancelled before its engine came up."
        _settle(settings, store, run, RunStatus.cancelled, message)
    elif run.claims < _CLAIMS:
        store.update(run.id, only_if=(RunStatus.starting,), status=RunStatus.queued)
    else:
        message = f"It was started {run.claims} times, and its engine never came up."
        _settle(settings, store, run, RunStatus.failed, message, RunReason.crashed)


def _over(run: Run) -> bool:
    """Its process is not there, or cannot be seen and has been silent for long."""
    state = life(run)
    if state is Life.unknown:
        return time.time() - (run.seen_at or 0.0) > SILENCE_S
    return not state.there


def _end(settings: Settings, store: Store, run: Run, patient: bool) -> None:
    """`patient`: a supervisor may know more."""
    if patient and supervised(settings):
        _wait_for_supervisor(settings, store, run.id)
    # Between the last look at its events and its end it may have written the last one.
    ingest(store, run.id, settings.run_dir(run.id))
    now = store.find(run.id)
    if now is not None and now.status in _AT_WORK and _over(now):
        _close(settings, store, now)


def _wait_for_supervisor(settings: Settings, store: Store, run_id: str) -> None:
    """It knows the exit code or signal, and writes it at its next look."""
    until = time.monotonic() + max(_REAPING_S, 4 * settings.poll_s)
    while (run := store.find(run_id)) and run.status.active and time.monotonic() < until:
        time.sleep(settings.poll_s / 4)


def _close(settings: Settings, store: Store, run: Run) -> None:
    card = read_card(settings.run_dir(run.id))
    if card is not None and card.verdict is not None:  # known before runs.db was deleted
        settle(settings, store, run.id, card.verdict)
    elif run.cancel_asked is not None:
        message = "It ended after it was asked to stop, without a last word."
        _settle(settings, store, run, RunStatus.cancelled, message)
    elif life(run) is Life.unknown:
        where = f" Its process was on {run.host}." if run.host else ""
        _lose(settings, store, run, f"It has been silent for long.{where}")
    else:
        _lose(settings, store, run, "Its process vanished without a last event.")


def _lose(settings: Settings, store: Store, run: Run, message: str) -> None:
    if run.status is RunStatus.lost:
        return
    if run.heard_at:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.heard_at))
        message = f"{message} Last heard of at {when}."
    _settle(settings, store, run, RunStatus.lost, message)


def _settle(
    settings: Settings,
    store: Store,
    run: Run,
    status: RunStatus,
    message: str,
    reason: RunReason | None = None,
) -> None:
    hint = f"`graftui logs {run.id}` shows its output; `graftui rerun {run.id}` runs it again."
    verdict = Verdict(
        status=status,
        ended_at=time.time(),
        reason=reason,
        message=message,
        hint="" if status is RunStatus.cancelled else hint,
    )
    settle(settings, store, run.id, verdict, only_if=(run.status,))
