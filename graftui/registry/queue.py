"""Which run starts next, and which never will. Owns the rules; the caller owns the transaction."""

import sqlite3
import time

_STRANDED = (
    "SELECT child.id, child.parent, ifnull(parent.status, 'deleted') AS fate FROM runs AS child"
    " LEFT JOIN runs AS parent ON parent.id = child.parent"
    " WHERE child.status = 'queued' AND child.parent IS NOT NULL"
    " AND ifnull(parent.status, 'deleted') IN ('failed', 'cancelled', 'lost', 'deleted')"
)
_READY = (
    "SELECT id FROM runs AS child WHERE status = 'queued' AND (parent IS NULL OR EXISTS"
    " (SELECT 1 FROM runs WHERE id = child.parent AND status = 'finished'))"
    " ORDER BY created_at, n LIMIT 1"
)


def claim_next(db: sqlite3.Connection, limit_running: int) -> str | None:
    """Take the oldest run that may start, unless `limit_running` are at it already."""
    cancel_stranded(db)
    busy = db.execute("SELECT count(*) FROM runs WHERE status IN ('starting', 'running')")
    if busy.fetchone()[0] >= limit_running:
        return None
    row = db.execute(_READY).fetchone()
    if row is None:
        return None
    db.execute(
        "UPDATE runs SET status = 'starting', heard_at = ? WHERE id = ?", (time.time(), row["id"])
    )
    return str(row["id"])


def stranded(db: sqlite3.Connection) -> list[sqlite3.Row]:
    """Queued runs whose parent will never finish."""
    return db.execute(_STRANDED).fetchall()


def cancel_stranded(db: sqlite3.Connection) -> list[str]:
    """Those that wait for a run that failed, then those that wait for them, and so on."""
    done: list[str] = []
    while rows := stranded(db):
        for row in rows:
            _cancel(db, row)
            done.append(row["id"])
    return done


def _cancel(db: sqlite3.Connection, row: sqlite3.Row) -> None:
    db.execute(
        "UPDATE runs SET status = 'cancelled', ended_at = ?, message = ?, hint = ? WHERE id = ?",
        (
            time.time(),
            f"It was to use the result of run {row['parent']}, which is {row['fate']}.",
            f"`graftui show {row['parent']}` says why; then `graftui rerun {row['id']}`.",
            row["id"],
        ),
    )
