"""How graftui writes down an end that it saw itself: in the registry and on the card, together.

Owns the rule that an end once known stays, except `lost`, which is only a guess.
"""

from typing import Any

from engine.contract.layout import RunDir
from graftui.models import ACTIVE, RunStatus, Verdict
from graftui.registry.card import amend_card
from graftui.registry.output import tail
from graftui.registry.result import summary_of
from graftui.registry.store import Store
from graftui.settings import Settings

OPEN = (*ACTIVE, RunStatus.lost)


def run_dir(settings: Settings, run_id: str) -> RunDir:
    """The directory of a run."""
    return RunDir(settings.runs / run_id)


def settle(
    settings: Settings,
    store: Store,
    run_id: str,
    verdict: Verdict,
    only_if: tuple[RunStatus, ...] = OPEN,
) -> bool:
    """Note that the run ended as `verdict` says; False if another end is known already."""
    place = run_dir(settings, run_id)
    failed = verdict.status in (RunStatus.failed, RunStatus.lost)
    finished = verdict.status is RunStatus.finished
    result: dict[str, Any] = {"summary": summary_of(place)} if finished else {}
    return store.update(
        run_id,
        only_if=only_if,
        then=lambda: amend_card(place, verdict=verdict),
        status=verdict.status,
        reason=verdict.reason,
        message=verdict.message,
        hint=verdict.hint,
        ended_at=verdict.ended_at,
        exit_code=verdict.exit_code,
        signal=verdict.signal,
        log_tail=tail(place.output) if failed else "",
        **result,
    )
