"""runs.db as an object: what is asked of it and what is written to it.

Open it, do one thing, close it: a connection kept open would hold on to a runs.db that somebody
deletes. Owns every statement about runs and recipes; events come in through ingest.py.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from graftui.errors import NotFound, explain
from graftui.measured import Artifact, CurveExtent, CurveKey, Score, Series
from graftui.models import ACTIVE, Attempt, Here, Run, RunStatus
from graftui.registry import attempts, measured, queue
from graftui.registry.connect import connect, immediate, journal_mode
from graftui.registry.migrate import migrate
from graftui.registry.query import sql
from graftui.registry.query.tree import EVERYTHING, Query
from graftui.registry.resolve import resolve
from graftui.registry.rows import RUN, STATES, encoded, row_of, run_of

Runs = list[Run]
"""Named, because `list` means the method inside the class."""
Texts = list[str]


class Store:
    """The registry. Use `with Store.open(path) as store`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    @classmethod
    def open(cls, path: Path) -> Self:
        """The registry at `path`, made and brought up to date if need be."""
        try:
            db = connect(path)
            try:
                migrate(db)
            except BaseException:
                db.close()
                raise
        except (sqlite3.Error, OSError) as exc:
            raise explain(exc, path) or exc from exc
        return cls(db)

    def close(self) -> None:
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """The one way to write: a transaction that takes the lock at its start."""
        with immediate(self.db) as db:
            yield db

    # Reading

    def find(self, id: str) -> Run | None:
        """The run `id`, if there is one."""
        row = self.db.execute(f"{RUN} WHERE id = ?", (id,)).fetchone()
        return run_of(row) if row else None

    def get(self, id: str) -> Run:
        """The run `id`; NotFound if there is none."""
        run = self.find(id)
        if run is None:
            raise NotFound(f"There is no run {id}.", "`graftui ls` shows what there is.")
        return run

    def resolve(self, ref: str) -> Run:
        """The run that a user means: an id, its beginning, a name (the newest) or "last"."""
        return self.get(resolve(self.db, ref))

    def list(
        self,
        *,
        where: Query = EVERYTHING,
        sort: str = "-created",
        limit: int | None = None,
        offset: int = 0,
    ) -> Runs:
        """Runs that meet `where`, newest first unless `sort` says otherwise.

        Raises UsageError for an unknown key, or a value that it cannot have.
        """
        condition, values = sql.where(self.db, where)
        order, keys = sql.order(self.db, sort)
        page = [-1 if limit is None else limit, offset]
        rows = self.db.execute(f"{RUN}{condition}{order} LIMIT ? OFFSET ?", [*values, *keys, *page])
        return [run_of(row) for row in rows]

    def count(self, where: Query = EVERYTHING) -> int:
        """How many runs meet `where`. Raises as `list` does."""
        condition, values = sql.where(self.db, where)
        return int(self.db.execute(f"SELECT count(*) FROM runs{condition}", values).fetchone()[0])

    def ids(self, folder: str) -> set[str]:
        """Ids of all runs of a data folder."""
        return {row[0] for row in self.db.execute("SELECT id FROM runs WHERE folder = ?", [folder])}

    def folders(self, ids: Iterable[str]) -> dict[str, str]:
        """Folders of those of the runs that are in the registry."""
        listed = "SELECT id, folder FROM runs WHERE id IN (SELECT value FROM json_each(?))"
        return {row[0]: row[1] for row in self.db.execute(listed, [json.dumps(list(ids))])}

    def statuses(self, ids: Iterable[str]) -> dict[str, RunStatus]:
        """Where each of the runs stands that are in the registry, by id."""
        listed = "SELECT id, status FROM runs WHERE id IN (SELECT value FROM json_each(?))"
        return {row[0]: STATES[row[1]] for row in self.db.execute(listed, [json.dumps([*ids])])}

    def active(self) -> Runs:
        """Runs that still have something to do, oldest first."""
        rows = self.db.execute(f"{RUN} WHERE status IN (?, ?, ?) ORDER BY created_at, n", ACTIVE)
        return [run_of(row) for row in rows]

    def unsettled(self, folder: str, waiting: bool = True) -> Runs:
        """Runs of a data folder that may change: at work, or lost of late; and those that wait."""
        states = (*ACTIVE, RunStatus.held) if waiting else (RunStatus.starting, RunStatus.running)
        rows = self.db.execute(
            f"{RUN} WHERE (status IN (SELECT value FROM json_each(?))"
            " OR (status = 'lost' AND ended_at > ?)) AND +folder = ? ORDER BY created_at, n",
            (json.dumps(states), time.time() - queue.DOUBT_S, folder),
        )
        return [run_of(row) for row in rows]

    def queued(self, folder: str) -> bool:
        """Whether a run of a data folder is queued."""
        status = "SELECT 1 FROM runs WHERE status = 'queued' AND +folder = ?"
        return self.db.execute(status, [folder]).fetchone() is not None

    def waits_in_vain(self, run: Run) -> bool:
        """Whether a queued run waits, perhaps by way of others, for one that nobody is at."""
        return queue.waits_in_vain(run, self.find)

    def finished_with(self, config_hash: str) -> Run | None:
        """The newest finished run of that configuration."""
        row = self.db.execute(
            f"{RUN} WHERE config_hash = ? AND status = ? ORDER BY created_at DESC, n DESC LIMIT 1",
            (config_hash, RunStatus.finished),
        ).fetchone()
        return run_of(row) if row else None

    def series(self, id: str, keys: Sequence[CurveKey] | None = None) -> Sequence[Series]:
        """Curves of a run, by name and labels; all of them, or those of `keys`."""
        return measured.series(self.db, id, keys)

    def curves(self, id: str) -> Sequence[CurveKey]:
        """Which curves a run has."""
        return measured.curves(self.db, id)

    def extents(self, id: str) -> Sequence[CurveExtent]:
        """How far each curve of a run goes, and which are the same all along."""
        return measured.extents(self.db, id)

    def scores(self, ids: Sequence[str]) -> dict[str, Sequence[Score]]:
        """Scores of each of the runs, in the order of evaluation."""
        return measured.scores(self.db, ids)

    def artifacts(self, id: str) -> Sequence[Artifact]:
        """Files that a run made, in the order they were made."""
        return measured.artifacts(self.db, id)

    def attempts(self, id: str) -> Sequence[Attempt]:
        """All starts of a run, the first one first."""
        return attempts.attempts_of(self.db, id)

    # Writing

    def add(self, runs: Sequence[Run], then: Callable[[], None] = lambda: None) -> None:
        """Add `runs`, all or none; `then` comes last in the transaction, and undoes it by raising.

        A run that is there already stays as it is: another process found its directory first.
        """
        with self.write() as db:
            for run in runs:
                insert(db, run)
            then()

    def update(
        self,
        id: str,
        *,
        only_if: Iterable[RunStatus] = tuple(RunStatus),
        then: Callable[[], None] = lambda: None,
        **changes: Any,
    ) -> bool:
        """Change fields of a run; False if it is not there or in none of the states `only_if`.

        `then` as in `add`, and only if something changed.
        """
        with self.write() as db:
            done = put(db, id, changes, only_if)
            if done:
                then()
            return done

    def cancel_stranded(self, here: Here, then: queue.Told) -> Texts:
        """Cancel queued runs of which a source will never finish; their ids. `then` hears of each,
        in the same transaction.
        """
        if not queue.stranded(self.db, here):
            return []
        with self.write() as db:
            return queue.cancel_stranded(db, here, then)

    def delete(
        self, id: str, then: Callable[[], None] = lambda: None, unless_active: bool = False
    ) -> bool:
        """Delete a run with all that was measured; `unless_active`: False, and nothing is done, if
        it has something to do by now. `then` as in `add`.
        """
        with self.write() as db:
            row = db.execute("SELECT status FROM runs WHERE id = ?", (id,)).fetchone()
            if unless_active and row is not None and RunStatus(row[0]).active:
                return False
            db.execute("DELETE FROM runs WHERE id = ?", (id,))
            then()
            return True

    # Recipes

    def hand_out_recipes(self, keep: Callable[[str, str], object]) -> None:
        """Give name and text of each recipe that earlier versions saved here to `keep`, then forget
        them; where `keep` fails, all stay. Of several processes, one does it.
        """
        if self.db.execute("SELECT 1 FROM recipes").fetchone() is None:
            return
        with self.write() as db:
            for name, text in db.execute("SELECT name, text FROM recipes ORDER BY name").fetchall():
                keep(name, text)
            db.execute("DELETE FROM recipes")

    def check(self) -> Texts:
        """What is wrong with the database, one sentence each; empty: nothing."""
        troubles = [row[0] for row in self.db.execute("PRAGMA integrity_check") if row[0] != "ok"]
        for row in self.db.execute("PRAGMA foreign_key_check"):
            troubles.append(f"a row of {row[0]} belongs to no run")
        if journal_mode(self.db) != "wal":
            troubles.append("no write-ahead log: on a network file system? Use a local GRAFTUI_DB")
        try:
            with self.write():
                pass
        except sqlite3.Error as exc:
            troubles.append(f"cannot be written: {exc}")
        return troubles


def put(
    db: sqlite3.Connection,
    id: str,
    changes: Mapping[str, Any],
    only_if: Iterable[RunStatus] = tuple(RunStatus),
) -> bool:
    """`Store.update` within a transaction of the caller's."""
    row, states = encoded(changes), list(only_if)
    sets = ", ".join(f"{name} = ?" for name in row)
    marks = ", ".join("?" for _ in states)
    done = db.execute(
        f"UPDATE runs SET {sets} WHERE id = ? AND status IN ({marks})",
        [*row.values(), id, *states],
    )
    return done.rowcount > 0


def insert(db: sqlite3.Connection, run: Run) -> None:
    """Add the row of `run` with its inputs and its last attempt, within a transaction of the
    caller's.
    """
    row = row_of(run)
    marks = ", ".join("?" for _ in row)
    done = db.execute(
        f"INSERT INTO runs ({', '.join(row)}) VALUES ({marks}) ON CONFLICT (id) DO NOTHING",
        list(row.values()),
    )
    if done.rowcount > 0:
        inputs = ((run.id, n, given.role, given.source) for n, given in enumerate(run.inputs))
        db.executemany("INSERT INTO inputs VALUES (?, ?, ?, ?)", inputs)
        if run.attempt.n:
            attempts.add(db, run.attempt)
