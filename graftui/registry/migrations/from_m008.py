"""Changes from 8 on: inputs, attempts and labels, any number of each."""

import json
from typing import TYPE_CHECKING

from engine.contract.subjects import split_name
from graftui.registry.lineage import inputs_of_then
from graftui.registry.rows import label_key

if TYPE_CHECKING:
    from sqlite_utils import Database


def m008_inputs(db: "Database") -> None:
    """What a run is made from: any number of things, where it had one parent."""
    db.executescript("""
        CREATE TABLE inputs (
            run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            n INTEGER NOT NULL, -- in the order in which the run has them
            role TEXT NOT NULL,
            source TEXT NOT NULL, -- id of a run; or a path, which has a slash
            PRIMARY KEY (run, n)
        ) WITHOUT ROWID;
        CREATE INDEX inputs_source ON inputs (source);
    """)
    for id, config, parent in db.execute("SELECT id, config, parent FROM runs").fetchall():
        for n, given in enumerate(inputs_of_then(json.loads(config), parent)):
            values = (id, n, given.role, given.source)
            db.execute("INSERT INTO inputs VALUES (?, ?, ?, ?)", values)
    db.execute("DROP INDEX runs_parent")
    db.execute("ALTER TABLE runs DROP COLUMN parent")


def m009_open_scores(db: "Database") -> None:
    """Scores by subject, stage, split and labels, of which the sparsity was the only one."""
    conn = db.conn
    old = [tuple(row) for row in conn.execute("SELECT * FROM scores ORDER BY n")]
    conn.execute("DROP TABLE scores")
    conn.execute("""
        CREATE TABLE scores (
            n INTEGER PRIMARY KEY,
            run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            subject TEXT NOT NULL, -- "model": the one model of its run
            stage TEXT NOT NULL,
            split TEXT NOT NULL,
            labels TEXT NOT NULL, -- a JSON object, keys sorted: {"sparsity":0.001}
            scores TEXT NOT NULL,
            UNIQUE (run, subject, stage, split, labels)
        )
    """)
    conn.executemany(
        "INSERT INTO scores VALUES (?, ?, 'model', ?, ?, ?, ?)",
        (
            (n, run, stage, split, label_key({} if at is None else {"sparsity": at}), scores)
            for n, run, stage, split, at, scores in old
        ),
    )


def m010_attempts(db: "Database") -> None:
    """Each start of a run in a row of its own, where a run had one start and a count of claims.

    What still is a claim stays one, by its number; what ended before it was a process was none.
    """
    db.executescript("""
        CREATE TABLE attempts (
            run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            n INTEGER NOT NULL, -- from 1
            executor TEXT NOT NULL DEFAULT 'local',
            host TEXT NOT NULL DEFAULT '',
            boot_id TEXT NOT NULL DEFAULT '',
            pid INTEGER,
            pid_ticks INTEGER,
            job TEXT NOT NULL DEFAULT '',
            started_at REAL,
            ended_at REAL,
            exit_code INTEGER,
            signal INTEGER,
            peak_bytes INTEGER,
            peak_gpu_bytes INTEGER,
            resumed_step INTEGER,
            PRIMARY KEY (run, n)
        ) WITHOUT ROWID;
        INSERT INTO attempts
            (run, n, host, boot_id, pid, pid_ticks, started_at, ended_at, exit_code, signal)
            SELECT id, iif(pid IS NULL AND started_at IS NULL, claims, 1), host, boot_id, pid,
                pid_ticks, started_at, iif(ifnull(exit_code, signal) IS NULL, NULL, ended_at),
                exit_code, signal
            FROM runs
            WHERE pid IS NOT NULL OR started_at IS NOT NULL OR claims > 0 AND status = 'starting';
        ALTER TABLE runs DROP COLUMN host;
        ALTER TABLE runs DROP COLUMN boot_id;
        ALTER TABLE runs DROP COLUMN pid;
        ALTER TABLE runs DROP COLUMN pid_ticks;
        ALTER TABLE runs DROP COLUMN claims;
        ALTER TABLE runs DROP COLUMN exit_code;
        ALTER TABLE runs DROP COLUMN signal;
        ALTER TABLE runs ADD COLUMN executor TEXT NOT NULL DEFAULT 'local';
    """)


def m011_labelled_curves(db: "Database") -> None:
    """Curves of one name told apart by labels, not by an @ within the name."""
    old = db.conn.execute("SELECT DISTINCT name FROM metrics WHERE instr(name, '@')").fetchall()
    split = [(name, *split_name(name)) for (name,) in old]
    db.executescript("""
        CREATE TABLE labelled (
            run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            labels TEXT NOT NULL, -- as of scores
            step INTEGER NOT NULL,
            value REAL, -- NULL: not a number
            PRIMARY KEY (run, name, labels, step)
        ) WITHOUT ROWID;
        INSERT INTO labelled SELECT run, name, '{}', step, value FROM metrics;
        DROP TABLE metrics;
        ALTER TABLE labelled RENAME TO metrics;
    """)
    db.conn.executemany(
        "UPDATE metrics SET name = ?, labels = ? WHERE name = ?",
        ((name, label_key(labels), then) for then, name, labels in split),
    )


def m012_words_of_tags(db: "Database") -> None:
    """Search finds tags in any letters: they are stored as JSON, which escapes most of them."""
    words = """
        new.id || ' ' || new.name || ' ' || new.recipe || ' ' || new.kind || ' '
        || (SELECT ifnull(group_concat(value, ' '), '') FROM json_each(new.tags))
        || ' ' || new.note || ' ' || (
            SELECT ifnull(group_concat(atom, ' '), '')
            FROM json_tree(new.config) WHERE atom IS NOT NULL)
    """
    insert = "INSERT INTO runs_words (rowid, words)"
    delete = "DELETE FROM runs_words WHERE rowid = old.n;"
    db.executescript(f"""
        DROP TRIGGER runs_words_insert;
        DROP TRIGGER runs_words_update;
        CREATE TRIGGER runs_words_insert AFTER INSERT ON runs
            BEGIN {insert} VALUES (new.n, {words}); END;
        CREATE TRIGGER runs_words_update AFTER UPDATE OF name, recipe, tags, note ON runs
            BEGIN {delete} {insert} VALUES (new.n, {words}); END;
        DELETE FROM runs_words;
        {insert} SELECT new.n, {words} FROM runs AS new;
    """)
