"""What a user says of several waiting runs at once: rows and cards of all, or of none."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.contract.layout import read_whole, write_whole
from graftui.errors import UsageError
from graftui.models import Run, RunStatus
from graftui.registry.card import card_of, read_card, write_card
from graftui.registry.rows import encoded
from graftui.registry.store import Store
from graftui.scheduler.reconcile import reconcile
from graftui.scheduler.settle import refuse_elsewhere
from graftui.settings import Settings

Before = dict[Path, bytes | None]
"""What files held; None: there was none."""


@dataclass(frozen=True, slots=True)
class Change:
    """Of one run."""

    run: Run
    """As it was seen: it must be in that state still."""
    fields: Mapping[str, Any]
    """Of its row."""
    card: Mapping[str, Any] = field(default_factory=dict)
    """Of its card."""


def seen_now(
    settings: Settings, store: Store, runs: Sequence[Run], states: Sequence[RunStatus], act: str
) -> list[Run]:
    """The runs as they are now. Raises UsageError if one is in none of these states, or is of
    another data folder.
    """
    reconcile(settings, store)
    now = [store.get(run.id) for run in runs]
    for run in now:
        refuse_elsewhere(settings, run, act)
        if run.status not in states:
            raise UsageError(
                f"Run {run.id} is {run.status}, not {' or '.join(states)}.", "Leave it out."
            )
    return now


def change_all(settings: Settings, store: Store, changes: Sequence[Change]) -> None:
    """Make all changes. Raises UsageError, and changes nothing, if one of the runs has started
    meanwhile; OSError, as well, where a card cannot be written.
    """
    before: Before = {}
    with put_back(before), store.write() as db:
        change_within(settings, db, changes, before)


def change_within(
    settings: Settings, db: sqlite3.Connection, changes: Sequence[Change], before: Before
) -> None:
    """The same within a transaction of the caller's, who puts back what `before` comes to hold."""
    for change in changes:
        row = encoded(change.fields)
        done = db.execute(
            f"UPDATE runs SET {', '.join(f'{name} = ?' for name in row)}"
            " WHERE id = ? AND status = ?",
            [*row.values(), change.run.id, change.run.status],
        )
        if done.rowcount == 0:
            raise not_any_more(change.run)
    for change in changes:
        _write_card(settings, change, before)


@contextmanager
def put_back(before: Before) -> Iterator[None]:
    """If the block fails, have the files of `before` hold what they did, the last one first."""
    try:
        yield
    except BaseException:
        for path, content in reversed(before.items()):
            if content is None:
                path.unlink(missing_ok=True)
            else:
                write_whole(path, content)
        raise


def note(path: Path, before: Before) -> None:
    """What a file holds, before it is changed for the first time."""
    before.setdefault(path, read_whole(path) if path.exists() else None)


def not_any_more(run: Run) -> UsageError:
    """Of one that started, or ended, between a look and a change."""
    return UsageError(
        f"Run {run.id} is not {run.status} any more.", "Nothing was changed; see `graftui queue`."
    )


def _write_card(settings: Settings, change: Change, before: Before) -> None:
    run_dir = settings.run_dir(change.run.id)
    note(run_dir.card, before)
    write_card(run_dir, replace(read_card(run_dir) or card_of(change.run), **change.card))
