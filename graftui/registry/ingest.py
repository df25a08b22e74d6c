"""Run directories to rows: events as they come, and whole runs that the registry lacks.

The files are the truth; runs.db may be locked or deleted any time. Owns the offset up to which
an events file has been read: rows and offset change in one transaction, so reading twice changes
nothing, nor do two readers at once. What one event changes is in apply.py. Writes no file.
"""

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.contract.layout import RunDir, read_whole
from graftui.models import ACTIVE, Attempt, Run, RunCard, RunReason, RunStatus, Verdict
from graftui.registry import attempts, folders, held
from graftui.registry.card import read_card
from graftui.registry.folders import Skipped
from graftui.registry.lineage import inputs_of_then
from graftui.registry.output import tail
from graftui.registry.result import summary_of
from graftui.registry.store import Store, insert
from graftui.registry.tail import Stretch, stretch
from graftui.settings import Settings

_SHOWN = 3
"""Bad lines of an events file that are quoted; all are counted."""
_OF_EVENTS = "events.jsonl: "


def ingest(store: Store, run_id: str, run_dir: RunDir) -> int:
    """Bring the rows of a run up to its events file; how many events were new."""
    total = 0
    while (offset := _offset(store.db, run_id)) is not None:
        if (new := stretch(run_dir.events, offset)) is None:
            break
        total += _take(store, run_id, run_dir, new, offset)
    return total


def _take(store: Store, run_id: str, run_dir: RunDir, new: Stretch, seen: int) -> int:
    """`seen`: the stored offset when it was read."""
    # Imports pydantic, which a look at runs with no news can do without.
    from engine.contract import events
    from graftui.registry.apply import apply

    troubles: list[str] = []
    parsed, _ = events.read(new.data, troubles.append)
    with store.write() as db:
        if _offset(db, run_id) != seen:
            return 0  # another process took it meanwhile
        if new.start != seen:
            _forget(db, run_id)
        db.execute(
            "UPDATE runs SET events_offset = :offset, seen_at = :now,"
            " heard_at = max(ifnull(heard_at, :t), ifnull(:t, heard_at)) WHERE id = :run",
            {
                "offset": new.end,
                "now": time.time(),
                "t": max((event.t for event in parsed if event.t), default=None),
                "run": run_id,
            },
        )
        apply(db, run_id, parsed, run_dir.output)
        if troubles:
            _warn(db, run_id, troubles)
    return len(parsed)


def _offset(db: sqlite3.Connection, run_id: str) -> int | None:
    row = db.execute("SELECT events_offset FROM runs WHERE id = ?", (run_id,)).fetchone()
    return None if row is None else int(row[0])


def _forget(db: sqlite3.Connection, run_id: str) -> None:
    """Drop what a replaced file will say again."""
    for table in ("metrics", "scores", "artifacts"):
        db.execute(f"DELETE FROM {table} WHERE run = ?", (run_id,))
    kept = [text for text in _warnings(db, run_id) if not text.startswith(_OF_EVENTS)]
    db.execute(
        "UPDATE runs SET bad_events = 0, warnings = ? WHERE id = ?", (json.dumps(kept), run_id)
    )


def _warn(db: sqlite3.Connection, run_id: str, troubles: Sequence[str]) -> None:
    """Count the lines that were not understood, and keep what was wrong with the first."""
    warnings = _warnings(db, run_id)
    room = _SHOWN - sum(text.startswith(_OF_EVENTS) for text in warnings)
    warnings += [f"{_OF_EVENTS}{text}" for text in troubles[:room]]
    db.execute(
        "UPDATE runs SET bad_events = bad_events + ?, warnings = ? WHERE id = ?",
        (len(troubles), json.dumps(warnings), run_id),
    )


def _warnings(db: sqlite3.Connection, run_id: str) -> list[str]:
    row = db.execute("SELECT warnings FROM runs WHERE id = ?", (run_id,)).fetchone()
    return list(json.loads(row[0])) if row else []


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was found on disk."""

    added: tuple[str, ...]
    """Ids of runs that are in the registry now."""
    skipped: tuple[Skipped, ...]
    """Directories that could not be read."""


def adopt(store: Store, settings: Settings) -> Adopted:
    """Add every run whose directory is there and whose row is not, or is of where it lay before."""
    missing = folders.names(settings.runs) - store.ids(settings.folder)
    if not missing:
        return Adopted((), ())
    known = store.folders(missing)
    held.take_home(store, settings, known)
    return _take_in(store, settings, missing - known.keys(), forget=False)


def rebuild(store: Store, settings: Settings) -> int:
    """Read every run directory anew, except of runs that are at work; how many there were."""
    busy = {run.id for run in store.active()}
    wanted = folders.names(settings.runs) - busy
    wanted -= {id for id, was in store.folders(wanted).items() if was not in ("", settings.folder)}
    _drop_orphans(store)
    return len(_take_in(store, settings, wanted, forget=True).added)


def _drop_orphans(store: Store) -> None:
    """Rows that belong to no run: a damaged registry may have some."""
    with store.write() as db:
        for table in {row[0] for row in db.execute("PRAGMA foreign_key_check").fetchall()}:
            db.execute(f'DELETE FROM "{table}" WHERE run NOT IN (SELECT id FROM runs)')


def _take_in(store: Store, settings: Settings, names: set[str], forget: bool) -> Adopted:
    adopted: dict[RunDir, _Found] = {}
    skipped = []
    for name in sorted(names):
        if folders.nameless(name):
            skipped.append(folders.misnamed(settings.runs, name))
            continue
        run_dir = settings.run_dir(name)
        try:
            if folders.is_run(run_dir):
                adopted[run_dir] = _read(run_dir, settings)
        except PermissionError:
            skipped.append(folders.unreadable(run_dir.path))
        except (ValueError, OSError) as exc:
            why = f"config.json cannot be read ({exc})"
            skipped.append(Skipped(str(run_dir.path), why, "mend its config.json, or move it away"))
    # All at once: a queued run whose source is not there yet would be taken for stranded.
    with store.write() as db:
        for run_dir, (run, _, starts) in adopted.items():
            if forget:
                db.execute("DELETE FROM runs WHERE id = ?", (run.id,))
            if run_dir.path.is_dir():  # not deleted meanwhile
                insert(db, run)
                for attempt in starts:
                    attempts.add(db, attempt)
    for run_dir, (run, card, starts) in adopted.items():
        ingest(store, run.id, run_dir)
        if card is not None and card.verdict is not None:
            _conclude(store, run_dir, card.verdict)
        elif card is not None and card.again_after >= max((s.n for s in starts), default=1):
            _put_back(store, run, card, settings)
    return Adopted(tuple(run.id for run, *_ in adopted.values()), tuple(skipped))


_Found = tuple[Run, RunCard | None, Sequence[Attempt]]
"""A run as its folder has it, its card, and all its starts."""


def _read(run_dir: RunDir, settings: Settings) -> _Found:
    """The row as far as config and card have it. Raises ValueError for a config it cannot read."""
    config = folders.stored_config(read_whole(run_dir.config))
    warnings = [f"config.json: {text}" for text in config.troubles]
    card = read_card(run_dir, warnings.append)
    known = card or RunCard(
        id=run_dir.path.name, name=run_dir.path.name, created_at=run_dir.config.stat().st_mtime
    )
    starts = attempts.read(run_dir, card, warnings.append)
    status = held.first_status(run_dir, config.raw, card, bool(starts), settings)
    waits = status is RunStatus.held
    run = Run(
        id=run_dir.path.name,
        name=known.name,
        kind=config.kind,
        config=config.raw,
        config_hash=config.digest,
        created_at=known.created_at,
        status=status,
        message=held.why(config.raw, known, settings) if waits else "",
        hint=held.hint(run_dir.path.name, config.raw) if waits else "",
        recipe=known.recipe,
        tags=known.tags,
        note=known.note,
        star=known.star,
        archived=known.archived,
        priority=known.priority,
        rank=known.rank,
        queue_group=known.queue_group,
        held=known.held and waits,
        inputs=inputs_of_then(config.raw, known.parent) if known.inputs is None else known.inputs,
        folder=settings.folder,
        executor=known.executor,
        attempt=starts[-1] if starts else Attempt(),
        seen_at=time.time(),
        warnings=tuple(warnings),
    )
    return run, card, starts


def _put_back(store: Store, run: Run, card: RunCard, settings: Settings) -> None:
    """It waits for another start, however the last one ended."""
    status = held.waiting_status(run.config, card, settings)
    waits = status is RunStatus.held
    store.update(
        run.id,
        status=status,
        held=card.held and waits,
        reason=None,
        message=held.why(run.config, card, settings) if waits else "",
        hint=held.hint(run.id, run.config) if waits else "",
        log_tail="",
        ended_at=None,
    )


def _conclude(store: Store, run_dir: RunDir, verdict: Verdict) -> None:
    """What graftui saw of the end; the last event has precedence."""
    id = run_dir.path.name
    finished = verdict.status is RunStatus.finished
    # That it was cancelled, its last event says; not that a search gave it up.
    also = (RunStatus.cancelled,) if verdict.reason == RunReason.pruned else ()
    result: dict[str, Any] = {"summary": summary_of(run_dir)} if finished else {}
    store.update(
        id,
        only_if=(*ACTIVE, RunStatus.lost, *also),
        status=verdict.status,
        reason=verdict.reason,
        message=verdict.message,
        hint=verdict.hint,
        ended_at=verdict.ended_at,
        log_tail=tail(run_dir.output),
        **result,
    )
