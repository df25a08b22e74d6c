"""Changes from 13 on: many runs, of which some are marked, some put away, and a queue that its user
arranges."""

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


def m014_turns(db: "Database") -> None:
    """When a run's turn comes; and search finds the settings of one that was edited."""
    insert = """
        INSERT INTO runs_words (rowid, words) VALUES (new.n,
            new.id || ' ' || new.name || ' ' || new.recipe || ' ' || new.kind || ' '
            || (SELECT ifnull(group_concat(value, ' '), '') FROM json_each(new.tags))
            || ' ' || new.note || ' ' || (
                SELECT ifnull(group_concat(atom, ' '), '')
                FROM json_tree(new.config) WHERE atom IS NOT NULL))
    """
    db.executescript(f"""
        ALTER TABLE runs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE runs ADD COLUMN rank REAL; -- NULL: by created_at
        ALTER TABLE runs ADD COLUMN queue_group TEXT NOT NULL DEFAULT '';
        ALTER TABLE runs ADD COLUMN held INTEGER NOT NULL DEFAULT 0; -- by its user
        DROP TRIGGER runs_words_update;
        CREATE TRIGGER runs_words_update
            AFTER UPDATE OF name, recipe, tags, note, config ON runs
            BEGIN DELETE FROM runs_words WHERE rowid = old.n; {insert}; END;
    """)


def m015_grants(db: "Database") -> None:
    """What an attempt was given of the machine, and whether memory ran out."""
    db.executescript("""
        ALTER TABLE attempts ADD COLUMN gpu TEXT NOT NULL DEFAULT '';
        ALTER TABLE attempts ADD COLUMN gpu_index INTEGER;
        ALTER TABLE attempts ADD COLUMN threads INTEGER;
        ALTER TABLE attempts ADD COLUMN alone TEXT NOT NULL DEFAULT '';
        ALTER TABLE attempts ADD COLUMN oom TEXT NOT NULL DEFAULT '';
    """)


def m016_hooks(db: "Database") -> None:
    """What is to be called when a run ends."""
    db.executescript("""
        CREATE TABLE hooks (
            run TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
            command TEXT NOT NULL,
            called_for TEXT -- the status that it was called for; NULL: not yet
        ) WITHOUT ROWID;
        CREATE TRIGGER hooks_again
            AFTER UPDATE OF status ON runs WHEN new.status = 'queued'
            BEGIN UPDATE hooks SET called_for = NULL WHERE run = new.id; END;
    """)


def m017_queue_changes(db: "Database") -> None:
    """A count of changes to what is decided by which run is next: who looks again and again at a
    queue in which nothing changed asks for this alone.
    """
    turns = "status, folder, config, executor, priority, rank, queue_group, held"
    processes = "host, boot_id, pid, pid_ticks, job"
    changes = {
        "runs_added": "INSERT ON runs",
        "runs_changed": f"UPDATE OF {turns} ON runs",
        "runs_deleted": "DELETE ON runs",
        "attempts_added": "INSERT ON attempts",
        "attempts_changed": f"UPDATE OF {processes} ON attempts",
        "attempts_deleted": "DELETE ON attempts",
        "hooks_added": "INSERT ON hooks",
        "hooks_changed": "UPDATE ON hooks",
    }
    db.executescript("""
        CREATE TABLE queue_changes (n INTEGER NOT NULL);
        INSERT INTO queue_changes VALUES (0);
    """)
    for name, change in changes.items():
        counted = "BEGIN UPDATE queue_changes SET n = n + 1; END;"
        db.executescript(f"CREATE TRIGGER queue_{name} AFTER {change} {counted}")
