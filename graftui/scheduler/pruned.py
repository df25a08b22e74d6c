"""Runs that a search has given up: stopped, and said to be pruned rather than cancelled by a user.

Owns the words. The card keeps them, so that a registry which is made anew has them too.
"""

import time
from collections.abc import Iterable
from contextlib import suppress

from graftui.errors import UsageError
from graftui.models import Run, RunReason, RunStatus, Verdict
from graftui.registry.card import amend_card
from graftui.registry.store import Store
from graftui.scheduler.cancel import cancel
from graftui.settings import Settings


def prune(settings: Settings, runs: Iterable[Run], why: str) -> None:
    """Stop `runs` in this order: of those that waited or were at work, `why` says why. One that
    ends by itself meanwhile stays as it ended. Raises EnvironmentProblem.
    """
    for run in runs:
        with suppress(UsageError):  # it has ended
            cancel(settings, run.id)
        verdict = Verdict(
            status=RunStatus.cancelled, reason=RunReason.pruned, ended_at=time.time(), message=why
        )
        with Store.open(settings.db) as store:
            _say(settings, store, run.id, verdict)


def _say(settings: Settings, store: Store, id: str, verdict: Verdict) -> None:
    store.update(
        id,
        only_if=(RunStatus.cancelled,),
        then=lambda: amend_card(settings.run_dir(id), verdict=verdict),
        reason=verdict.reason,
        message=verdict.message,
    )
