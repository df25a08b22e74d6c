"""The registry made true: called at every start of anything, and by the supervisor as it goes.

Owns the verdict `lost`. Starts and signals nobody.
"""

import time
from collections.abc import Container

from graftui.launcher.identity import Life, life
from graftui.launcher.lock import supervised
from graftui.launcher.settle import run_dir, settle
from graftui.models import Run, RunStatus, Verdict
from graftui.registry.card import read_card
from graftui.registry.ingest import adopt, ingest
from graftui.registry.store import Store
from graftui.settings import Settings

# How long a claimed run may have no process.
_STARTING_S = 60.0
# How long a supervisor may take to say how its engine ended.
_REAPING_S = 3.0
# How long a lost run may still turn out to have written its last event.
_DOUBT_S = 24 * 3600.0


def reconcile(
    settings: Settings, store: Store, *, mine: Container[str] | None = None, adopting: bool = True
) -> list[Run]:
    """Take in missing runs, read all news, find the lost; the runs whose status changed.

    `mine`: only the supervisor gives them: runs whose end it sees itself, as parent of the process.
    """
    if adopting:
        adopt(store, settings)
    watched = store.unsettled(lost_since=time.time() - _DOUBT_S)
    for run in watched:
        if not run_dir(settings, run.id).path.is_dir():
            _lose(settings, store, run, "Its directory is gone.")
            continue
        ingest(store, run.id, run_dir(settings, run.id))
        if mine is None or run.id not in mine:
            _look(settings, store, run.id, patient=mine is None)
    store.cancel_stranded()
    found = ((run, store.find(run.id)) for run in watched)
    return [now for run, now in found if now is not None and now.status != run.status]


def _look(settings: Settings, store: Store, run_id: str, patient: bool) -> None:
    """Whether a run that should have a process has one; `patient`: a supervisor may know more."""
    run = store.get(run_id)
    if run.status not in (RunStatus.starting, RunStatus.running) or not _over(run):
        return
    if patient and supervised(settings):
        _wait_for_supervisor(settings, store, run)
    # Between the last look at its events and its end it may have written the last one.
    ingest(store, run_id, run_dir(settings, run_id))
    run = store.get(run_id)
    if run.status in (RunStatus.starting, RunStatus.running) and _over(run):
        _close(settings, store, run)


def _over(run: Run) -> bool:
    if run.pid is None:
        return time.time() - (run.heard_at or run.created_at) > _STARTING_S
    return life(run) is not Life.alive


def _wait_for_supervisor(settings: Settings, store: Store, run: Run) -> None:
    """It knows the exit code or signal, and writes it at its next look."""
    until = time.monotonic() + max(_REAPING_S, 4 * settings.poll_s)
    while run.status.active and time.monotonic() < until:
        time.sleep(settings.poll_s / 4)
        run = store.get(run.id)


def _close(settings: Settings, store: Store, run: Run) -> None:
    card = read_card(run_dir(settings, run.id))
    if card is not None and card.verdict is not None:  # known before runs.db was deleted
        settle(settings, store, run.id, card.verdict)
    elif run.cancel_asked is not None:
        message = "It ended after it was asked to stop, without a last word."
        verdict = Verdict(status=RunStatus.cancelled, ended_at=time.time(), message=message)
        settle(settings, store, run.id, verdict)
    elif run.pid is None:
        _lose(settings, store, run, "Its engine never came up.")
    else:
        _lose(settings, store, run, "Its process vanished without a last event.")


def _lose(settings: Settings, store: Store, run: Run, message: str) -> None:
    if not run.status.active:
        return
    if run.heard_at:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.heard_at))
        message = f"{message} Last heard of at {when}."
    verdict = Verdict(
        status=RunStatus.lost,
        ended_at=time.time(),
        message=message,
        hint=f"`graftui logs {run.id}` shows its output; `graftui rerun {run.id}` runs it again.",
    )
    settle(settings, store, run.id, verdict, only_if=(run.status,))
