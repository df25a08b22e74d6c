"""What the user wants of a supervisor: said by any command, read by the supervisor as it works.

Owns the table of it, by data folder. Knows no meanings.
"""

from graftui.registry.store import Store


def note(store: Store, folder: str, name: str, value: int) -> None:
    """Keep `value`; writes nothing where it is there already."""
    if read(store, folder, name) == value:
        return
    with store.write() as db:
        db.execute("INSERT OR REPLACE INTO knobs VALUES (?, ?, ?)", (folder, name, value))


def read(store: Store, folder: str, name: str) -> int | None:
    """What was said last; None: nothing."""
    row = store.db.execute(
        "SELECT value FROM knobs WHERE folder = ? AND name = ?", (folder, name)
    ).fetchone()
    return None if row is None else int(row[0])


def forget(store: Store, folder: str) -> None:
    """Back to what settings say."""
    with store.write() as db:
        db.execute("DELETE FROM knobs WHERE folder = ?", (folder,))
