"""What waits, what is at work, and what never will be.

Only runs of one's own data folder count. Which run is next is in scheduler/policy.py. The caller
owns the transaction.
"""

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from graftui.models import Attempt, Here, Run, RunStatus, Verdict
from graftui.registry import attempts
from graftui.registry.rows import STATES
from graftui.settings import QUEUEING
from graftui.turns import Waiting

Changes = tuple[float, int]
"""When the database was made, and how often since then something changed that is decided by."""
Told = Callable[[str, Verdict], object]
"""Hears of a run's end by its id."""
WANTING = "It was to use the result of run"
"""How one says so that was cancelled for want of what it is made from."""
DOUBT_S = 24 * 3600.0
"""How long a lost run may still turn out to be alive, or to have ended well."""

# `+` keeps SQLite from going by the folder, which nearly all runs are of.
# Its process could be seen from here, and is not there: that is no guess.
_GONE = (
    "EXISTS (SELECT 1 FROM attempts WHERE run = source.id AND pid_ticks IS NOT NULL"
    " AND host = :host AND boot_id = :boot_id"
    " AND n = (SELECT max(n) FROM attempts WHERE run = source.id))"
)
# The inputs of a run that are runs: a path has a slash. To follow `runs AS waiting`.
SOURCES = (
    "inputs LEFT JOIN runs AS source ON source.id = inputs.source"
    " WHERE inputs.run = waiting.id AND instr(inputs.source, '/') = 0"
)
_STRANDED = (
    "SELECT waiting.id, min(inputs.n), inputs.source, ifnull(source.status, 'deleted') AS fate"
    f" FROM runs AS waiting, {SOURCES}"
    " AND waiting.status = 'queued' AND +waiting.folder = :folder"
    " AND (ifnull(source.status, 'deleted') IN ('failed', 'cancelled', 'deleted')"
    f" OR source.status = 'lost' AND (({_GONE}) OR source.ended_at < :doubted))"
    " GROUP BY waiting.id"
)
# The executor of a run without its profile, `slurm` of `slurm:big`.
PLAIN = "substr(executor, 1, instr(executor || ':', ':') - 1)"
_HANDED = f"{PLAIN} IN (SELECT value FROM json_each('{json.dumps(QUEUEING)}'))"
_WAITING = (
    "SELECT id, priority, ifnull(rank, created_at), queue_group, status = 'held',"
    f" (SELECT count(DISTINCT inputs.source) FROM {SOURCES}"
    f" AND ifnull(source.status, '') != 'finished'), {_HANDED}"
    " FROM runs AS waiting WHERE status IN ('queued', 'held') AND +folder = :folder"
    " ORDER BY created_at, n"
)
# Started by a supervisor of this host, or about to be. What other hosts run takes no place here.
_BUSY = (
    f"SELECT id, queue_group FROM runs{attempts.BESIDE}"
    " WHERE status IN ('starting', 'running') AND +folder = :folder"
    " AND (attempt_n > 0 AND attempt_pid IS NULL OR attempt_job != ''"
    " OR attempt_pid_ticks IS NOT NULL AND attempt_host = :host AND attempt_boot_id = :boot_id)"
)


def changes(db: sqlite3.Connection) -> Changes:
    """Another than before where a run, its turn or state, its process, or what is to be called for
    it changed, of whatever data folder.
    """
    asked = "SELECT (SELECT min(applied_at) FROM migrations), (SELECT n FROM queue_changes)"
    return tuple(db.execute(asked).fetchone())


def waiting(db: sqlite3.Connection, here: Here) -> list[Waiting]:
    """All that has not started, held or queued, in the order in which it was made."""
    rows = db.execute(_WAITING, asdict(here))
    return [
        Waiting(id, priority, rank, group, bool(held), unfinished, bool(handed))
        for id, priority, rank, group, held, unfinished, handed in rows
    ]


def ids(db: sqlite3.Connection, folder: str) -> dict[str, RunStatus]:
    """Where each run of a data folder stands that is queued or held, by id."""
    status = "SELECT id, status FROM runs WHERE status IN ('queued', 'held') AND +folder = ?"
    return {row[0]: STATES[row[1]] for row in db.execute(status, [folder])}


def busy(db: sqlite3.Connection, here: Here) -> dict[str, str]:
    """Runs that take a slot here -> the group of each."""
    slots = db.execute(f"{_BUSY} AND NOT {_HANDED}", asdict(here))
    return {row["id"]: row["queue_group"] for row in slots}


def watched(db: sqlite3.Connection, here: Here) -> bool:
    """Whether a run is at work that a supervisor of this host looks after, its own or a job."""
    return db.execute(f"{_BUSY} LIMIT 1", asdict(here)).fetchone() is not None


def claim(db: sqlite3.Connection, id: str, **granted: Any) -> Attempt:
    """Begin to start a queued run, with what it is given of the machine, or to hand it over: its
    next attempt.
    """
    attempts.claim(db, id, **granted)
    db.execute(
        "UPDATE runs SET status = 'starting', started_at = NULL, heard_at = :now, seen_at = :now"
        " WHERE id = :id",
        {"id": id, "now": time.time()},
    )
    return attempts.attempts_of(db, id)[-1]


def waits_in_vain(
    run: Run, find: Callable[[str], Run | None], above: frozenset[str] = frozenset()
) -> bool:
    """Whether a queued run waits, perhaps by way of others, for one that nobody is at."""
    if run.status is not RunStatus.queued:
        return run.status in (RunStatus.lost, RunStatus.held)
    if run.id in above:  # cards may say anything
        return True
    above |= {run.id}
    sources = [find(id) for id in run.sources]
    return any(source is None or waits_in_vain(source, find, above) for source in sources)


def stranded(db: sqlite3.Connection, here: Here) -> list[sqlite3.Row]:
    """Queued runs of which a source will never finish, with the first such."""
    doubted = time.time() - DOUBT_S
    return db.execute(_STRANDED, {**asdict(here), "doubted": doubted}).fetchall()


def cancel_stranded(db: sqlite3.Connection, here: Here, then: Told) -> list[str]:
    """Those that wait for a run that failed, then those that wait for them, and so on."""
    done: list[str] = []
    while rows := stranded(db, here):
        for row in rows:
            _cancel(db, row, then)
            done.append(row["id"])
    return done


def is_stranded(run: Run) -> bool:
    """Whether it was cancelled for want of what it is made from, and not by its user."""
    return run.status is RunStatus.cancelled and run.message.startswith(WANTING)


def _cancel(db: sqlite3.Connection, row: sqlite3.Row, then: Told) -> None:
    verdict = Verdict(
        status=RunStatus.cancelled,
        ended_at=time.time(),
        message=f"{WANTING} {row['source']}, which is {row['fate']}.",
        hint=f"`graftui show {row['source']}` says why; then `graftui rerun {row['id']}`.",
    )
    db.execute(
        "UPDATE runs SET status = ?, ended_at = ?, message = ?, hint = ? WHERE id = ?",
        (verdict.status, verdict.ended_at, verdict.message, verdict.hint, row["id"]),
    )
    then(row["id"], verdict)
