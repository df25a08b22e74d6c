"""Runs of an executor that has a queue of its own: which may be handed to it, and which it has.

They take none of the places that runs have on this host. The caller owns the transaction.
"""

import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import asdict

from graftui.models import Attempt, Here
from graftui.registry import attempts
from graftui.registry.queue import PLAIN, SOURCES

_READY = (
    "SELECT id, executor, queue_group FROM runs AS waiting"
    " WHERE status = 'queued' AND +folder = :folder"
    f" AND {PLAIN} = :name"
    f" AND NOT EXISTS (SELECT 1 FROM {SOURCES} AND ifnull(source.status, '') != 'finished')"
    " AND NOT EXISTS (SELECT 1 FROM json_each(:paused) WHERE value IN ('', queue_group))"
    " ORDER BY priority DESC, ifnull(rank, created_at), created_at, n LIMIT :most"
)
_FOLLOWING = (
    f"SELECT waiting.id, inputs.source FROM runs AS waiting, {SOURCES}"
    " AND waiting.status = 'queued' AND +waiting.folder = :folder AND waiting.executor = :executor"
    " AND waiting.queue_group = :queue_group AND ifnull(source.status, '') != 'finished'"
    " ORDER BY waiting.created_at, waiting.n"
)
_HAS = (
    f"SELECT {', '.join(f'attempt_{name}' for name in attempts.COLUMNS)} FROM runs{attempts.BESIDE}"
    " WHERE status IN ('starting', 'running', 'lost') AND +folder = :folder"
    f" AND {PLAIN} = :name AND attempt_job != ''"
)


def ready(
    db: sqlite3.Connection, here: Here, name: str, paused: Collection[str], most: int
) -> list[str]:
    """The first runs of the queue that may be handed to the executor `name`, all of one profile
    and one group.

    `paused`: groups of which nothing new starts; with an empty name among them, nothing at all.
    """
    about = {"name": name, "paused": json.dumps(sorted(paused)), "most": most}
    rows = db.execute(_READY, {**asdict(here), **about}).fetchall()
    return [row["id"] for row in rows if row[1:] == rows[0][1:]]


def following(db: sqlite3.Connection, here: Here, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Queued runs that wait for some of `ids`, or for such a run, and for nothing else: what each
    waits for. They are of the same executor and group as the first of `ids`.
    """
    first = db.execute("SELECT executor, queue_group FROM runs WHERE id = ?", ids[:1]).fetchone()
    needs: dict[str, list[str]] = {}
    for id, source in db.execute(_FOLLOWING, {**asdict(here), **dict(first)}):
        needs.setdefault(id, []).append(source)
    chosen: dict[str, tuple[str, ...]] = {}
    grew = True
    while grew:
        known = {*ids, *chosen}
        more = {id: tuple(sources) for id, sources in needs.items() if known >= {*sources}}
        grew, chosen = len(more) > len(chosen), more
    return chosen


def has(db: sqlite3.Connection, here: Here, name: str) -> list[Attempt]:
    """Attempts that the executor `name` has, and which may not be over."""
    rows = db.execute(_HAS, {**asdict(here), "name": name})
    return [attempts.attempt_of(tuple(row)) for row in rows]


def take_back(db: sqlite3.Connection, attempt: Attempt) -> None:
    """As if it had never been claimed: there was no room for it."""
    db.execute("DELETE FROM attempts WHERE run = ? AND n = ?", (attempt.run, attempt.n))
    db.execute(
        "UPDATE runs SET status = 'queued' WHERE id = ? AND status = 'starting'", (attempt.run,)
    )
