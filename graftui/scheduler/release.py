"""Letting held runs go: what was found as a folder is queued, once its user says so."""

from collections.abc import Sequence

from graftui.errors import UsageError
from graftui.models import Run, RunStatus
from graftui.registry.card import write_card
from graftui.registry.held import queued_card
from graftui.registry.store import Store
from graftui.scheduler.reconcile import reconcile
from graftui.scheduler.settle import refuse_elsewhere
from graftui.settings import Settings


def release(settings: Settings, runs: Sequence[Run]) -> None:
    """Queue held runs, none of them if one is not held. `look.set_going` sets them going."""
    with Store.open(settings.db) as store:
        reconcile(settings, store)
        now = [store.get(run.id) for run in runs]
        for run in now:
            refuse_elsewhere(settings, run, "Release")
            if run.status is not RunStatus.held:
                raise UsageError(f"Run {run.id} is {run.status}, not held.", "Leave it out.")
        for run in now:
            _queue(settings, store, run)


def _queue(settings: Settings, store: Store, run: Run) -> None:
    card = queued_card(run, settings)
    store.update(
        run.id,
        only_if=(RunStatus.held,),
        then=lambda: write_card(settings.run_dir(run.id), card),
        status=RunStatus.queued,
        message="",
        hint="",
    )
