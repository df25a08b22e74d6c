"""What is to be called when a run ends: a command a run, and for which end it was called.

Owns the table, in which a run that is queued again has not been called for. The registry alone has
it: a run's folder that came from elsewhere brings no command along, and a registry that is made
anew calls none.
"""

import sqlite3

from graftui.models import RunStatus

_ENDED = (RunStatus.finished, RunStatus.failed, RunStatus.cancelled, RunStatus.lost)
# A run that was given up as lost may yet end.
_DUE = (
    " FROM hooks JOIN runs ON runs.id = hooks.run"
    f" WHERE status IN ({', '.join('?' for _ in _ENDED)}) AND folder = ?"
    " AND (called_for IS NULL OR called_for = 'lost' AND status <> 'lost')"
)


def note(db: sqlite3.Connection, run: str, command: str) -> None:
    """Have `command` called when a run ends, within a transaction of the caller's."""
    db.execute("INSERT INTO hooks (run, command) VALUES (?, ?)", (run, command))


def due(db: sqlite3.Connection, folder: str) -> list[str]:
    """Runs of a data folder that have ended, and whose command has not been called for that; the
    first to end comes first.
    """
    rows = db.execute(f"SELECT run{_DUE} ORDER BY ended_at, n", (*_ENDED, folder))
    return [row[0] for row in rows]


def claim(db: sqlite3.Connection, run: str, folder: str) -> str | None:
    """The command of a run for which it is due, called from now on; within a transaction of the
    caller's.
    """
    row = db.execute(f"SELECT command, status{_DUE} AND run = ?", (*_ENDED, folder, run)).fetchone()
    if row is None:
        return None
    db.execute("UPDATE hooks SET called_for = ? WHERE run = ?", (row[1], run))
    return str(row[0])
