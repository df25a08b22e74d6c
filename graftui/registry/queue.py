"""Which run starts next, which never will, and whether there is work.

Only runs of one's own data folder count. Owns the rules; the caller owns the transaction.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict

from graftui.models import Here, RunStatus, Verdict

Told = Callable[[str, Verdict], object]
"""Hears of a run's end by its id."""
DOUBT_S = 24 * 3600.0
"""How long a lost run may still turn out to be alive, or to have ended well."""

# `+` keeps SQLite from going by the folder, which nearly all runs are of.
# Its process could be seen from here, and is not there: that is no guess.
_GONE = "parent.pid_ticks IS NOT NULL AND parent.host = :host AND parent.boot_id = :boot_id"
_STRANDED = (
    "SELECT child.id, child.parent, ifnull(parent.status, 'deleted') AS fate FROM runs AS child"
    " LEFT JOIN runs AS parent ON parent.id = child.parent"
    " WHERE child.status = 'queued' AND +child.folder = :folder AND child.parent IS NOT NULL"
    " AND (ifnull(parent.status, 'deleted') IN ('failed', 'cancelled', 'deleted')"
    f" OR parent.status = 'lost' AND (({_GONE}) OR parent.ended_at < :doubted))"
)
_READY = (
    "SELECT id FROM runs AS child WHERE status = 'queued' AND +folder = :folder"
    " AND (parent IS NULL OR EXISTS"
    " (SELECT 1 FROM runs WHERE id = child.parent AND status = 'finished'))"
    " ORDER BY created_at, n LIMIT 1"
)
# Started by a supervisor of this host, or about to be. What other hosts run takes no place here.
_BUSY = (
    "SELECT id FROM runs WHERE status IN ('starting', 'running') AND +folder = :folder"
    " AND (pid IS NULL AND claims > 0"
    " OR pid_ticks IS NOT NULL AND host = :host AND boot_id = :boot_id)"
)


def claim_next(db: sqlite3.Connection, limit_running: int, here: Here) -> str | None:
    """Take the oldest run that may start, unless `limit_running` are at it already."""
    if len(db.execute(_BUSY, asdict(here)).fetchall()) >= limit_running:
        return None
    row = db.execute(_READY, asdict(here)).fetchone()
    if row is None:
        return None
    db.execute(
        "UPDATE runs SET status = 'starting', claims = claims + 1, heard_at = :now, seen_at = :now"
        " WHERE id = :id",
        {"id": row["id"], "now": time.time()},
    )
    return str(row["id"])


def work(db: sqlite3.Connection, here: Here) -> bool:
    """Whether a supervisor has something to do: a run that may start, or one to watch.

    What waits for another run needs no look: at the root of every chain there is one of these,
    or one that nothing can be done about.
    """
    return any(db.execute(sql, asdict(here)).fetchone() for sql in (_BUSY, _READY))


def stranded(db: sqlite3.Connection, here: Here) -> list[sqlite3.Row]:
    """Queued runs whose parent will never finish."""
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


def _cancel(db: sqlite3.Connection, row: sqlite3.Row, then: Told) -> None:
    verdict = Verdict(
        status=RunStatus.cancelled,
        ended_at=time.time(),
        message=f"It was to use the result of run {row['parent']}, which is {row['fate']}.",
        hint=f"`graftui show {row['parent']}` says why; then `graftui rerun {row['id']}`.",
    )
    db.execute(
        "UPDATE runs SET status = ?, ended_at = ?, message = ?, hint = ? WHERE id = ?",
        (verdict.status, verdict.ended_at, verdict.message, verdict.hint, row["id"]),
    )
    then(row["id"], verdict)
