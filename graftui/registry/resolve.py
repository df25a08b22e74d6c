"""Which run a user means by a few characters. Owns the guess, and what is said when it fails."""

import difflib
import sqlite3
import sys

from graftui.errors import NotFound, UsageError


def resolve(db: sqlite3.Connection, ref: str) -> str:
    """Id of the run: an exact id, the beginning of one, the newest of that name, or "last"."""
    if db.execute("SELECT 1 FROM runs WHERE id = ?", (ref,)).fetchone():
        return ref
    by_prefix = db.execute(
        "SELECT id, name FROM runs WHERE id >= ? AND id < ? ORDER BY created_at DESC LIMIT 6",
        (ref, ref + chr(sys.maxunicode)),  # a stretch of the index, however many runs there are
    ).fetchall()
    if len(by_prefix) == 1 and ref:
        return str(by_prefix[0]["id"])
    newest = "ORDER BY created_at DESC, n DESC LIMIT 1"
    row = db.execute(f"SELECT id FROM runs WHERE name = ? {newest}", (ref,)).fetchone()
    if row is None and ref == "last":
        row = db.execute(f"SELECT id FROM runs {newest}").fetchone()
    if row is not None:
        return str(row["id"])
    if by_prefix and ref:
        candidates = ", ".join(f"{r['id']} ({r['name']})" for r in by_prefix)
        raise UsageError(f"{ref} fits several runs: {candidates}.", "Give one character more.")
    raise NotFound(f"There is no run {ref!r}.", _near(db, ref))


def _near(db: sqlite3.Connection, ref: str) -> str:
    rows = db.execute("SELECT id, name FROM runs ORDER BY created_at DESC LIMIT 1000")
    known = [word for row in rows for word in (row["id"], row["name"])]
    near = difflib.get_close_matches(ref, dict.fromkeys(known), n=3, cutoff=0.5)
    if not near:
        return "`graftui ls` shows what there is."
    return f"Did you mean {' or '.join(near)}? `graftui ls` shows what there is."
