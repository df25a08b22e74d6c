"""How graftui writes down an end that it saw itself: in the registry and on the card, together.

Owns the rule that an end once known stays, except `lost`, which is only a guess.
"""

import time
from pathlib import Path
from typing import Any

from engine.contract.layout import RunDir
from graftui.errors import UsageError
from graftui.models import ACTIVE, Attempt, Run, RunStatus, Verdict
from graftui.registry.attempts import attempts_of, change, path, write
from graftui.registry.card import amend_card
from graftui.registry.output import tail
from graftui.registry.result import summary_of
from graftui.registry.store import Store
from graftui.scheduler.executors.base import Exit
from graftui.scheduler.identity import here
from graftui.settings import Settings

OPEN = (RunStatus.held, *ACTIVE, RunStatus.lost)


def directory(settings: Settings, run: Run) -> RunDir:
    """The directory of a run of any data folder: to look at, not to change."""
    if elsewhere(settings, run):
        return RunDir(Path(run.folder, run.id))
    return settings.run_dir(run.id)


def elsewhere(settings: Settings, run: Run) -> bool:
    """Whether the run is of another data folder: it is that one's business."""
    return run.folder not in ("", settings.folder)


def refuse_elsewhere(settings: Settings, run: Run, act: str) -> None:
    """Raises UsageError for a run of another data folder."""
    if elsewhere(settings, run):
        data = Path(run.folder).parent
        raise UsageError(
            f"Run {run.id} is elsewhere: it belongs to the data folder {data}, and this is "
            f"{settings.data}.",
            f"{act} it from its own working folder, or with GRAFTUI_DATA={data}.",
        )


def settle(
    settings: Settings,
    store: Store,
    run_id: str,
    verdict: Verdict,
    only_if: tuple[RunStatus, ...] = OPEN,
    **also: Any,
) -> bool:
    """Note that the run ended as `verdict` says; False if another end is known already.

    `also`: other fields of its row.
    """
    run_dir = settings.run_dir(run_id)
    failed = verdict.status in (RunStatus.failed, RunStatus.lost)
    finished = verdict.status is RunStatus.finished
    result: dict[str, Any] = {"summary": summary_of(run_dir)} if finished else {}
    return store.update(
        run_id,
        only_if=only_if,
        then=lambda: _write_down(store, run_id, run_dir, verdict),
        status=verdict.status,
        reason=verdict.reason,
        message=verdict.message,
        hint=verdict.hint,
        ended_at=verdict.ended_at,
        log_tail=tail(run_dir.output) if failed else "",
        **result,
        **also,
    )


def _write_down(store: Store, run_id: str, run_dir: RunDir, verdict: Verdict) -> None:
    """The end on the card; and the attempt, where the disk was full when it began and nobody who
    saw it end could write it since: else no folder knows of it.
    """
    amend_card(run_dir, verdict=verdict)
    last = store.get(run_id).attempt
    if last.begun and run_dir.path.is_dir() and not path(run_dir, last.n).exists():
        write(run_dir, last)


def note_end(
    settings: Settings, store: Store, attempt: Attempt, end: Exit, guessed: bool = False
) -> None:
    """Note how the process of an attempt ended; what that means for its run is said by `settle`.

    `guessed`: by one who is not its parent. What the parent saw has precedence.
    """
    seen: dict[str, Any] = {"exit_code": end.exit_code, "signal": end.signal}
    if end.peak_bytes is not None:  # else its last event may have told
        seen["peak_bytes"] = end.peak_bytes
    with store.write() as db:
        noted = {start.n for start in attempts_of(db, attempt.run) if start.ended_at is not None}
        if guessed and attempt.n in noted:
            return
        ended = change(db, attempt, ended_at=time.time(), **seen)
        if ended is not None:
            write(settings.run_dir(attempt.run), ended)


def settle_stranded(settings: Settings, store: Store) -> None:
    """Cancel what waits for a run that will never finish; in its folder it stands too."""
    store.cancel_stranded(
        here(settings), lambda id, verdict: amend_card(settings.run_dir(id), verdict=verdict)
    )
