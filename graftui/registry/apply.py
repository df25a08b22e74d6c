"""What each event changes in runs.db. Owns those statements; the caller owns the transaction."""

import math
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from engine.contract import events as ev
from graftui.models import RunStatus
from graftui.registry.output import tail
from graftui.registry.rows import label_key, numbers

# A run that ended stays as it is, but `lost` was only a guess: its last event corrects it.
_OPEN = "('held', 'queued', 'starting', 'running', 'lost')"
_LAST = "SELECT max(n) FROM attempts WHERE run = :run"
_ITS_OWN = f"coalesce(({_LAST} AND n = :attempt), ({_LAST}))"
"""The attempt that an event is of; of an engine that names none, or one unheard of, the last."""


def apply(db: sqlite3.Connection, run: str, events: Sequence[ev.Event], output: Path) -> None:
    """Write `events` of the run to its rows; `output`: where the engine's output went."""
    _metrics(db, run, [e for e in events if isinstance(e, ev.Metric)])
    progress = [e for e in events if isinstance(e, ev.Progress)]
    if progress:
        last = progress[-1]
        db.execute(
            "UPDATE runs SET phase = ?, step = ?, total = ?, done = ?, left_s = ? WHERE id = ?",
            (last.phase, last.step, last.total, last.done, last.left_s, run),
        )
    for event in events:
        if isinstance(event, ev.Started):
            _started(db, run, event)
        elif isinstance(event, ev.Resumed):
            _resumed(db, run, event)
        elif isinstance(event, ev.Evaluated):
            _evaluated(db, run, event)
        elif isinstance(event, ev.Artifact):
            _artifact(db, run, event)
        elif isinstance(event, ev.TERMINAL):
            _ended(db, run, event, output)


def _metrics(db: sqlite3.Connection, run: str, events: Sequence[ev.Metric]) -> None:
    points = (
        (run, name, label_key(e.labels), e.step, value)
        for e in events
        for name, value in e.values.items()
    )
    db.executemany(
        "INSERT INTO metrics VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (run, name, labels, step) DO UPDATE SET value = excluded.value",
        ((*point, None if math.isnan(value) else value) for *point, value in points),
    )


def _started(db: sqlite3.Connection, run: str, event: ev.Started) -> None:
    """Of a run that came from elsewhere it may be all that is known of its process."""
    about = {"run": run, "t": event.t, "pid": event.pid, "host": event.host}
    if event.attempt > 1:
        _reopen(db, run, event.attempt)
    db.execute(
        "INSERT INTO attempts (run, n, host, pid, started_at)"
        f" VALUES (:run, ifnull({_ITS_OWN}, 1), :host, :pid, :t)"
        " ON CONFLICT (run, n) DO UPDATE SET started_at = :t, pid = ifnull(pid, :pid),"
        " host = iif(host = '', :host, host)",
        {**about, "attempt": event.attempt},
    )
    db.execute(
        "UPDATE runs SET started_at = ?, device = ?,"
        " status = iif(status IN ('held', 'queued', 'starting'), 'running', status) WHERE id = ?",
        (event.t, event.device, run),
    )


def _reopen(db: sqlite3.Connection, run: str, attempt: int) -> None:
    """A start that is later than all that are known here: how those ended is how no run ended."""
    db.execute(
        "UPDATE runs SET status = 'starting', ended_at = NULL, reason = NULL, message = '',"
        f" hint = '', log_tail = '' WHERE id = ? AND status NOT IN {_OPEN}"
        " AND ? > ifnull((SELECT max(n) FROM attempts WHERE run = id), 0)",
        (run, attempt),
    )


def _resumed(db: sqlite3.Connection, run: str, event: ev.Resumed) -> None:
    db.execute(
        f"UPDATE attempts SET resumed_step = :step WHERE run = :run AND n = {_ITS_OWN}",
        {"run": run, "attempt": event.attempt, "step": event.step},
    )


def _evaluated(db: sqlite3.Connection, run: str, event: ev.Evaluated) -> None:
    db.execute(
        "INSERT INTO scores (run, subject, stage, split, labels, scores) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (run, subject, stage, split, labels) DO UPDATE SET scores = excluded.scores",
        (
            run,
            event.subject,
            event.stage,
            event.split,
            label_key(event.labels),
            numbers(event.scores),
        ),
    )


def _artifact(db: sqlite3.Connection, run: str, event: ev.Artifact) -> None:
    db.execute(
        "INSERT INTO artifacts (run, path, kind, bytes) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (run, path) DO UPDATE SET kind = excluded.kind, bytes = excluded.bytes",
        (run, event.path, event.kind, event.bytes),
    )


def _ended(
    db: sqlite3.Connection, run: str, event: ev.Finished | ev.Failed | ev.Cancelled, output: Path
) -> None:
    """An attempt that another has followed ends nothing any more: its last word came late."""
    failed = isinstance(event, ev.Failed)
    db.execute(
        # What its parent saw of it, its own children included, may be more.
        "UPDATE attempts SET peak_gpu_bytes = ifnull(?, peak_gpu_bytes),"
        " peak_bytes = nullif(max(ifnull(?, 0), ifnull(peak_bytes, 0)), 0)"
        " WHERE run = ? AND n = coalesce(nullif(?, 0),"
        " (SELECT max(n) FROM attempts WHERE run = ?))",
        (event.peak_gpu_bytes, event.peak_bytes, run, event.attempt, run),
    )
    db.execute(
        "UPDATE runs SET status = ?, ended_at = ifnull(nullif(?, 0), ifnull(heard_at, created_at)),"
        " reason = ?, message = ?, hint = ?,"
        f" summary = ?, log_tail = ? WHERE id = ? AND status IN {_OPEN}"
        " AND (? = 0 OR ? >= ifnull((SELECT max(n) FROM attempts WHERE run = id), 0))",
        (
            RunStatus(event.event),
            event.t,
            event.reason if isinstance(event, ev.Failed) else None,
            "" if isinstance(event, ev.Finished) else event.message,
            event.hint if isinstance(event, ev.Failed) else "",
            numbers(event.summary if isinstance(event, ev.Finished) else {}),
            tail(output) if failed else "",
            run,
            event.attempt,
            event.attempt,
        ),
    )
