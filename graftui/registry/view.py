"""The registry where it cannot be written: a copy in memory, brought up to date from run folders.

For those who only look. Writes nothing, on the disk or in a run folder, and starts nothing.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from graftui.errors import EnvironmentProblem, GraftuiError, NewerRegistry, Unwritable, explain
from graftui.registry.folders import Skipped
from graftui.registry.ingest import adopt, ingest
from graftui.registry.migrate import migrate
from graftui.registry.store import Store
from graftui.settings import Settings

# The second reads past the write-ahead log, for which there may be no room or no permission.
_WAYS = ("mode=ro", "mode=ro&immutable=1")


def excuse(error: Exception, db: Path) -> GraftuiError | None:
    """Why `view` is the way to look at what is there, in words; None if `error` is no such reason:
    the registry can be written, or not even be read.
    """
    known = explain(error, db)
    if not isinstance(known, Unwritable | NewerRegistry):
        return None
    # What to do about a full disk has its place where something was to be written.
    hint = known.hint if isinstance(known, NewerRegistry) else ""
    text = f"{known.message} What follows is a view in memory: nothing is noted."
    return EnvironmentProblem(text, hint)


def view(settings: Settings) -> tuple[Store, tuple[Skipped, ...]]:
    """All runs that can be read, and the folders that cannot."""
    store = Store(_copied(settings.db))
    skipped = adopt(store, settings).skipped
    for run in store.active():
        ingest(store, run.id, settings.run_dir(run.id))
    return store, skipped


def _copied(path: Path) -> sqlite3.Connection:
    """The registry at `path`, or an empty one where nothing there can be read or understood."""
    for way in _WAYS:
        memory = _empty()
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{way}", uri=True)) as source:
                source.backup(memory)
            return _migrated(memory)
        except (sqlite3.Error, EnvironmentProblem):
            memory.close()
    return _migrated(_empty())


def _empty() -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", isolation_level=None)
    memory.row_factory = sqlite3.Row
    return memory


def _migrated(memory: sqlite3.Connection) -> sqlite3.Connection:
    memory.execute("PRAGMA foreign_keys=ON")
    migrate(memory)
    return memory
