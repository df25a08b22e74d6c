"""Bringing a runs.db up to date: each change once, whole, whoever comes first.

Refuses a database that a newer graftui has changed, and one of another program.
"""

import sqlite3
import time
from collections.abc import Iterator

from graftui.errors import EnvironmentProblem, NewerRegistry
from graftui.registry import migrations
from graftui.registry.connect import immediate


def migrate(db: sqlite3.Connection) -> None:
    """Bring `db` up to date; several processes may do so at once."""
    done = applied(db)
    unknown = [name for name in done if name not in {m.__name__ for m in migrations.MIGRATIONS}]
    if unknown:
        raise NewerRegistry(
            f"The registry is a cache that a newer graftui wrote ({', '.join(unknown)}).",
            "`graftui doctor --rebuild` puts it aside, whole, and makes one of this version from "
            "the run folders. Or upgrade this graftui (`pip install -U graftui`).",
        )
    pending = [m for m in migrations.MIGRATIONS if m.__name__ not in done]
    if pending:
        _apply(db, pending)


def applied(db: sqlite3.Connection) -> list[str]:
    """Names of the changes that `db` has had, in order."""
    table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'"
    if db.execute(table).fetchone() is None:
        return []
    return [row[0] for row in db.execute("SELECT name FROM migrations ORDER BY n")]


def _apply(db: sqlite3.Connection, pending: list[migrations.Migration]) -> None:
    # Costs 0.3 s and more, and is needed once in the life of a registry.
    from sqlite_utils import Database

    class Schema(Database):
        def executescript(self, sql: str) -> sqlite3.Cursor:  # of Database: letter by letter
            return [self.execute(statement) for statement in statements(sql)][-1]

    wrapped = Schema(db, execute_plugins=False)
    for migration in pending:
        with immediate(db):
            done = applied(db)
            if migration.__name__ in done:  # by another process, meanwhile
                continue
            if not done:
                _refuse_foreign(db)
            db.execute(
                "CREATE TABLE IF NOT EXISTS migrations"
                " (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, applied_at REAL NOT NULL)"
            )
            migration(wrapped)
            db.execute(
                "INSERT INTO migrations (name, applied_at) VALUES (?, ?)",
                (migration.__name__, time.time()),
            )


def statements(script: str) -> Iterator[str]:
    """The statements of `script`, each of which ends with its line."""
    text = ""
    for line in script.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            yield text
            text = ""


def _refuse_foreign(db: sqlite3.Connection) -> None:
    """Somebody else's database is not ours to fill."""
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    if tables:
        raise EnvironmentProblem(
            f"The registry is another program's database: it has {', '.join(tables[:5])}.",
            "Set GRAFTUI_DB to a file of its own.",
        )
