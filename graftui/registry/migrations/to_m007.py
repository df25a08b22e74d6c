"""Changes 1 to 7: one table of runs, with what each says of itself."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


_RUNS = """
    CREATE TABLE runs (
        n INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        status TEXT NOT NULL,
        reason TEXT,
        message TEXT NOT NULL,
        hint TEXT NOT NULL,
        config TEXT NOT NULL,
        config_hash TEXT NOT NULL,
        recipe TEXT NOT NULL,
        tags TEXT NOT NULL,
        parent TEXT,
        created_at REAL NOT NULL,
        started_at REAL,
        ended_at REAL,
        pid INTEGER,
        pid_started REAL,
        boot_id TEXT NOT NULL,
        exit_code INTEGER,
        signal INTEGER,
        phase TEXT NOT NULL,
        step INTEGER NOT NULL,
        total INTEGER NOT NULL,
        device TEXT NOT NULL,
        summary TEXT NOT NULL,
        log_tail TEXT NOT NULL,
        cancel_asked REAL,
        heard_at REAL,
        events_offset INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX runs_created_at ON runs (created_at);
    CREATE INDEX runs_status ON runs (status);
    CREATE INDEX runs_config_hash ON runs (config_hash);
    CREATE INDEX runs_name ON runs (name);
    CREATE INDEX runs_parent ON runs (parent);
    CREATE TABLE recipes (
        name TEXT PRIMARY KEY,
        text TEXT NOT NULL,
        created_at REAL NOT NULL
    );
"""


def m001_runs(db: "Database") -> None:
    """Runs, and their recipes."""
    db.executescript(_RUNS)


def m002_measurements(db: "Database") -> None:
    """What runs say of themselves: curves, scores, files."""
    db.executescript("""
        CREATE TABLE metrics (
            run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            step INTEGER NOT NULL,
            value REAL, -- NULL: not a number
            PRIMARY KEY (run, name, step)
        ) WITHOUT ROWID;
        CREATE TABLE scores (
            n INTEGER PRIMARY KEY,
            run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            stage TEXT NOT NULL,
            split TEXT NOT NULL,
            sparsity REAL, -- NULL: a whole model
            scores TEXT NOT NULL
        );
        CREATE UNIQUE INDEX scores_of ON scores (run, stage, split, ifnull(sparsity, -1));
        CREATE TABLE artifacts (
            n INTEGER PRIMARY KEY,
            run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            path TEXT NOT NULL,
            kind TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            UNIQUE (run, path)
        );
    """)


def m003_search(db: "Database") -> None:
    """Search in names, tags and the values (not the keys) of configs."""
    words = """
        new.name || ' ' || new.recipe || ' ' || new.kind || ' ' || new.tags || ' ' || (
            SELECT ifnull(group_concat(atom, ' '), '')
            FROM json_tree(new.config) WHERE atom IS NOT NULL)
    """
    insert = f"INSERT INTO runs_words (rowid, words) VALUES (new.n, {words});"
    delete = "DELETE FROM runs_words WHERE rowid = old.n;"
    db.executescript(f"""
        CREATE VIRTUAL TABLE runs_words USING fts5 (words);
        CREATE TRIGGER runs_words_insert AFTER INSERT ON runs BEGIN {insert} END;
        CREATE TRIGGER runs_words_delete AFTER DELETE ON runs BEGIN {delete} END;
        CREATE TRIGGER runs_words_update AFTER UPDATE OF name, recipe, tags ON runs
            BEGIN {delete} {insert} END;
    """)


def m004_notes(db: "Database") -> None:
    """Notes of the user's; search finds them, and ids."""
    words = """
        new.id || ' ' || new.name || ' ' || new.recipe || ' ' || new.kind || ' ' || new.tags
        || ' ' || new.note || ' ' || (
            SELECT ifnull(group_concat(atom, ' '), '')
            FROM json_tree(new.config) WHERE atom IS NOT NULL)
    """
    insert = "INSERT INTO runs_words (rowid, words)"
    delete = "DELETE FROM runs_words WHERE rowid = old.n;"
    db.executescript(f"""
        ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT '';
        DROP TRIGGER runs_words_insert;
        DROP TRIGGER runs_words_update;
        CREATE TRIGGER runs_words_insert AFTER INSERT ON runs
            BEGIN {insert} VALUES (new.n, {words}); END;
        CREATE TRIGGER runs_words_update AFTER UPDATE OF name, recipe, tags, note ON runs
            BEGIN {delete} {insert} VALUES (new.n, {words}); END;
        DELETE FROM runs_words;
        {insert} SELECT new.n, {words} FROM runs AS new;
    """)


def m005_warnings(db: "Database") -> None:
    """What of a run's files was not understood."""
    db.executescript("""
        ALTER TABLE runs ADD COLUMN warnings TEXT NOT NULL DEFAULT '[]';
        ALTER TABLE runs ADD COLUMN bad_events INTEGER NOT NULL DEFAULT 0;
    """)


def m006_progress(db: "Database") -> None:
    """How far a run is as a whole, beside its phase."""
    db.executescript("""
        ALTER TABLE runs ADD COLUMN done REAL;
        ALTER TABLE runs ADD COLUMN left_s REAL;
    """)


def m007_whereabouts(db: "Database") -> None:
    """Which data folder a run is of, and its process told by ticks since boot, not by the clock."""
    db.executescript("""
        ALTER TABLE runs DROP COLUMN pid_started;
        ALTER TABLE runs ADD COLUMN folder TEXT NOT NULL DEFAULT '';
        ALTER TABLE runs ADD COLUMN claims INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE runs ADD COLUMN host TEXT NOT NULL DEFAULT '';
        ALTER TABLE runs ADD COLUMN pid_ticks INTEGER;
        ALTER TABLE runs ADD COLUMN seen_at REAL;
        CREATE INDEX runs_folder ON runs (folder, id);
        CREATE TABLE knobs (
            folder TEXT NOT NULL,
            name TEXT NOT NULL,
            value NOT NULL,
            PRIMARY KEY (folder, name)
        );
    """)
