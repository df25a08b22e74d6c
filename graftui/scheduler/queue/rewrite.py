"""Other settings, or another turn, for runs that have not started: rows and folders of all of them,
or of none.

Files of several folders cannot change in one instant. So each folder is marked before: where one is
still marked when its run starts, whoever edited it was killed, and the row says what the folder is
to hold: before the transaction's end the old settings, after it the new ones.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.contract.config import dumps
from engine.contract.identity import config_hash
from engine.contract.layout import RunDir, write_json, write_whole
from engine.contract.roles import paths_of
from engine.contract.sections import RunConfig
from graftui.models import Input, Run
from graftui.registry.card import amend_card, card_of, read_card, write_card
from graftui.registry.lineage import is_path
from graftui.registry.rows import encoded
from graftui.registry.store import Store
from graftui.scheduler.queue.arrange import WAITING
from graftui.scheduler.queue.together import (
    Before,
    Change,
    change_within,
    not_any_more,
    note,
    put_back,
    seen_now,
)
from graftui.scheduler.reads import Digests
from graftui.settings import Settings


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A run as it is to be."""

    run: Run
    """As it was seen."""
    config: RunConfig
    reads: Digests
    """The user's files that it reads."""
    origins: Mapping[tuple[str, int], Mapping[str, Any]]
    """Role and number -> the config of a source, where that is another now."""

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What it is made from: the same runs, and the paths that its config names."""
        linked = [given for given in self.run.inputs if given.is_run]
        named = paths_of(self.config, {given.role for given in linked})
        return (*linked, *(Input(role, path) for role, path in named if is_path(path)))


def rewrite(settings: Settings, all_of: Sequence[Rewritten], turns: Sequence[Change] = ()) -> None:
    """Change all, and what `turns` says of when runs start. Raises UsageError, and changes nothing,
    if one of them has started meanwhile; OSError, as well, where a file cannot be written.
    """
    before: Before = {}
    marks = [_mark(settings.run_dir(each.run.id)) for each in all_of]
    runs = [*(each.run for each in all_of), *(change.run for change in turns)]
    with Store.open(settings.db) as store:
        seen_now(settings, store, runs, WAITING, "Edit")
        with put_back(before):
            for mark in marks:
                note(mark, before)
                mark.touch()
            with store.write() as db:
                for each in all_of:
                    _write_row(db, each)
                for each in all_of:
                    _write_files(settings.run_dir(each.run.id), each, before)
                change_within(settings, db, turns, before)
    for mark in marks:
        mark.unlink(missing_ok=True)


def finish(settings: Settings, store: Store, run: Run) -> None:
    """Before a run starts: have its folder hold what its row says, where an edit was killed."""
    run_dir = settings.run_dir(run.id)
    if not _mark(run_dir).exists():
        return
    write_json(run_dir.config, run.config)
    numbers: dict[str, int] = {}
    for given in (given for given in run.inputs if given.is_run):
        number = numbers[given.role] = numbers.get(given.role, -1) + 1
        write_json(run_dir.origin(given.role, number), store.get(given.source).config)
    turn = {"priority": run.priority, "queue_group": run.queue_group}
    amend_card(run_dir, inputs=run.inputs, **turn)
    _mark(run_dir).unlink()


def _mark(run_dir: RunDir) -> Path:
    return run_dir.path / ".editing"


def _write_row(db: Any, each: Rewritten) -> None:
    raw = json.loads(dumps(each.config))
    row = encoded({"config": raw, "config_hash": config_hash(each.config)})
    done = db.execute(
        "UPDATE runs SET config = ?, config_hash = ? WHERE id = ? AND status = ?",
        [*row.values(), each.run.id, each.run.status],
    )
    if done.rowcount == 0:
        raise not_any_more(each.run)
    db.execute("DELETE FROM inputs WHERE run = ?", (each.run.id,))
    rows = ((each.run.id, n, given.role, given.source) for n, given in enumerate(each.inputs))
    db.executemany("INSERT INTO inputs VALUES (?, ?, ?, ?)", rows)


def _write_files(run_dir: RunDir, each: Rewritten, before: Before) -> None:
    origins = {run_dir.origin(*which): raw for which, raw in each.origins.items()}
    for path in (run_dir.config, run_dir.digests, run_dir.card, *origins):
        note(path, before)
    write_whole(run_dir.config, dumps(each.config))
    write_json(run_dir.digests, each.reads)
    for path, raw in origins.items():
        write_json(path, raw)
    write_card(run_dir, replace(read_card(run_dir) or card_of(each.run), inputs=each.inputs))
