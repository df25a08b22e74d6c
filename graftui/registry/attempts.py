"""The starts of a run: a row of `attempts` each, and attempts/N.json in the run's folder.

Owns both forms. The engine's own process writes the file first, before it is the engine; graftui
completes it. Of a run of an earlier graftui the card has what there is to know.
"""

import errno
import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from engine.contract.layout import RunDir, read_whole, write_json
from graftui.models import Attempt, RunCard, RunStatus
from graftui.registry.checked import checked

_FILE = re.compile(r"([1-9][0-9]{0,8})\.json")
COLUMNS: tuple[str, ...] = tuple(f.name for f in fields(Attempt))
_N = COLUMNS.index("n")
_NONE = Attempt()
NAMES = ("host", "boot_id", "pid", "pid_ticks", "job")
"""By which an executor knows its process or job."""
_ALL = ", ".join(COLUMNS)
# Renamed, so that beside the columns of runs each name still means one thing.
_RENAMED = ", ".join(f"{name} AS attempt_{name}" for name in COLUMNS)
BESIDE = (
    f" LEFT JOIN (SELECT {_RENAMED} FROM attempts) ON attempt_run = runs.id"
    " AND attempt_n = (SELECT max(n) FROM attempts WHERE run = runs.id)"
)
"""Joins to runs their last attempts, as columns `attempt_*`."""


def attempt_of(row: Sequence[Any]) -> Attempt:
    """The attempt in the values of COLUMNS; all NULL: none."""
    if row[_N] is None:
        return _NONE
    return Attempt(**dict(zip(COLUMNS, row, strict=True)))


def attempts_of(db: sqlite3.Connection, run: str) -> list[Attempt]:
    """All starts of a run, the first one first."""
    rows = db.execute(f"SELECT {_ALL} FROM attempts WHERE run = ? ORDER BY n", (run,))
    return [attempt_of(tuple(row)) for row in rows]


def add(db: sqlite3.Connection, attempt: Attempt) -> None:
    """Add a row, within a transaction of the caller's; one that is there already stays."""
    marks = ", ".join(f":{name}" for name in COLUMNS)
    db.execute(
        f"INSERT INTO attempts ({_ALL}) VALUES ({marks}) ON CONFLICT DO NOTHING",
        asdict(attempt),
    )


def claim(db: sqlite3.Connection, run: str, **granted: Any) -> None:
    """Begin the next attempt of a run: it has neither process nor job yet. `granted`: what it is
    given of the machine, by the names of COLUMNS.
    """
    names = "".join(f", {name}" for name in granted)
    marks = ", ?" * len(granted)
    db.execute(
        f"INSERT INTO attempts (run, n, executor{names})"
        f" SELECT id, 1 + ifnull((SELECT max(n) FROM attempts WHERE run = id), 0), executor{marks}"
        " FROM runs WHERE id = ?",
        (*granted.values(), run),
    )


def change(
    db: sqlite3.Connection,
    attempt: Attempt,
    only_if: Iterable[RunStatus] = tuple(RunStatus),
    **changes: Any,
) -> Attempt | None:
    """Change fields of a row, within a transaction of the caller's; what the attempt is now.

    None if it is not there, or its run in none of the states `only_if`.
    """
    sets = ", ".join(f"{name} = ?" for name in changes)
    row = db.execute(
        f"UPDATE attempts SET {sets} WHERE run = ? AND n = ?"
        " AND (SELECT status FROM runs WHERE id = run) IN (SELECT value FROM json_each(?))"
        f" RETURNING {_ALL}",
        [*changes.values(), attempt.run, attempt.n, json.dumps(list(only_if))],
    ).fetchone()
    return None if row is None else attempt_of(tuple(row))


def path(run_dir: RunDir, n: int) -> Path:
    """The file of the n-th attempt."""
    return run_dir.attempts / f"{n}.json"


def as_file(attempt: Attempt) -> dict[str, Any]:
    """What its file says: not whose it is, since it may move with its folder."""
    return {name: getattr(attempt, name) for name in COLUMNS if name != "run"}


def write(run_dir: RunDir, attempt: Attempt) -> None:
    """Put the file of an attempt in place, if the folder is there and may be written: of another
    user's run the registry alone knows.
    """
    try:
        run_dir.attempts.mkdir(exist_ok=True)
        write_json(path(run_dir, attempt.n), as_file(attempt))
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT):
            raise


def unwrite(run_dir: RunDir, n: int) -> None:
    """Take the file of an attempt away that never came to be."""
    (run_dir.attempts / f"{n}.json").unlink(missing_ok=True)


def read(
    run_dir: RunDir, card: RunCard | None, complain: Callable[[str], object] = lambda trouble: None
) -> list[Attempt]:
    """The attempts that came to be processes or jobs, the first one first.

    A mere claim is none: whoever made it starts the run again, or another does.
    """
    if not run_dir.attempts.is_dir():
        return [card.only_attempt] if card is not None and card.only_attempt else []
    names = map(_FILE.fullmatch, os.listdir(run_dir.attempts))
    numbers = sorted(int(name[1]) for name in names if name)
    written = (read_one(run_dir, n, complain) for n in numbers)
    return [attempt for attempt in written if attempt is not None and attempt.begun]


def read_one(
    run_dir: RunDir, n: int, complain: Callable[[str], object] = lambda trouble: None
) -> Attempt | None:
    """The n-th attempt by its file; None where there is none that can be read."""
    name = f"attempts/{n}.json"
    try:
        raw = json.loads(read_whole(run_dir.path / name))
        if not isinstance(raw, dict):
            raise ValueError("is no JSON object")
    except FileNotFoundError:
        return None
    except (ValueError, OSError, RecursionError) as error:
        complain(f"{name} cannot be read ({error})")
        return None
    known = checked(raw, Attempt, f"{name}: ", complain)
    return Attempt(**{**known, "run": run_dir.path.name, "n": n})
