"""Changes from 13 on: many runs, of which some are marked and some put away."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def m013_stars(db: "Database") -> None:
    """Stars and archive. The index of the order of lists says what is archived, too: to turn a
    page, or to count, no row of an archived run is read.
    """
    db.executescript("""
        ALTER TABLE runs ADD COLUMN star INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE runs ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
        DROP INDEX runs_created_at;
        CREATE INDEX runs_created_at ON runs (created_at, archived);
    """)
