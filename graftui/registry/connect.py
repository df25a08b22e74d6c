"""How runs.db is opened, made fit for many processes at once, and written through.

Owns pragmas, the one way of writing, and what happens to the remains of a deleted runs.db.
Knows no table.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUSY_S = 30.0


def connect(path: Path) -> sqlite3.Connection:
    """A connection to `path` in WAL mode; the file and its folder are made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _drop_remains(path)
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        db.row_factory = sqlite3.Row
        _use_wal(db)
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("PRAGMA foreign_keys=ON")
    except BaseException:
        db.close()
        raise
    return db


def connect_in_place(path: Path) -> sqlite3.Connection:
    """A connection that needs no room: it writes into the file itself, keeping others out."""
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
    try:
        db.execute("PRAGMA locking_mode=EXCLUSIVE")
        db.execute("PRAGMA journal_mode=MEMORY")
        db.execute("PRAGMA foreign_keys=ON")
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def immediate(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One write transaction, whole or not at all.

    IMMEDIATE, because a deferred one that reads and then writes fails at once with "database is
    locked", whatever the timeout, when another process wrote in between.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def journal_mode(db: sqlite3.Connection) -> str:
    """ "wal", except where the file system cannot do that."""
    return str(db.execute("PRAGMA journal_mode").fetchone()[0])


def set_aside(path: Path) -> Path:
    """Rename a runs.db that cannot be used, with its -wal and -shm; where it is now."""
    aside = path.with_name(f"{path.name}.aside-{int(time.time())}")
    for end in ("", "-wal", "-shm"):
        if os.path.exists(f"{path}{end}"):
            os.replace(f"{path}{end}", f"{aside}{end}")
    return aside


def _use_wal(db: sqlite3.Connection) -> None:
    """The switch ignores the busy timeout, so processes that meet here have to try again."""
    until = time.monotonic() + BUSY_S
    while journal_mode(db) != "wal":
        try:
            db.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as exc:
            busy = exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _drop_remains(path: Path) -> None:
    """Somebody deleted runs.db and left its -wal and -shm.

    A process that still has the old file open shares its -shm: a new database beside it would
    take over the old one's page index. The lock on the folder keeps two processes from dropping
    each other's new files; making the file under it tells the second one that it is done.
    """
    remains = [Path(f"{path}{end}") for end in ("-wal", "-shm")]
    if path.exists() or not any(p.exists() for p in remains):
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if not path.exists():
            for remain in remains:
                remain.unlink(missing_ok=True)
            path.touch()
    finally:
        os.close(folder)
