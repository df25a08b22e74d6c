"""Columns that a user chose by name, and what reading them takes beyond the rows of the runs.

Owns which names there are to choose from. Refuses unknown ones, as a filter does.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from graftui.models import Run
from graftui.registry.query import listed
from graftui.registry.query.keys import KEYS, find
from graftui.registry.query.sql import figures
from graftui.registry.query.tree import Condition
from graftui.registry.store import Store
from graftui.results.columns import COLUMNS, Column, column

BUT_SEED = "all-but-seed"
"""What runs may be grouped by in the place of keys: every setting but the seeds."""


_ABOUT = {
    "kind": "finetune, graft",
    "reason": "why it failed",
    "progress": "how far it is, with the curve of its loss; how much it was",
    "localizer": "what chose the weights of a graft",
    "zero-shot": "score of the pretrained model, %",
    "tuned": "score of the fine-tuned model, %",
    "graft": "score of the graft, %",
    "recov.": "score of the graft / score of the fine-tuned model, %",
    "sparsity": "size of a graft, as it was asked for",
    "weights": "size of a graft, as it was reached",
    "seed": "of its training, or of its mask",
    "took": "how long it has run",
    "age": "how long ago it was queued",
    "note": "what you wrote of it",
    "host": "where it was started last",
    "parent": "the first run that it is made from",
    "seconds": "how long it ran",
    "hash": "digest of what decides its result",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A column that there is."""

    name: str
    about: str
    """What stands in it, in a few words."""


def chosen(db: sqlite3.Connection, text: str) -> tuple[Column, ...]:
    """The columns that `text` names, with commas between. Raises UsageError for an unknown one."""
    names = dict.fromkeys(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        find(name, partial(figures, db))
    return tuple(map(column, names))


def with_figures(store: Store, runs: Sequence[Run], columns: Iterable[Column]) -> list[Run]:
    """`runs` with the figures that `columns` show, in their summaries; those that no run here has
    are left out, such as one that was chosen for another registry.
    """
    asked = [each.name for each in columns if each.is_figure]
    if not asked or not runs:
        return list(runs)
    there = {*KEYS, *figures(store.db)}
    names = [name for name in asked if name in there]
    ids = Condition("id", "=", tuple(run.id for run in runs))
    rows = listed.values(store.db, names, ids)
    known = {
        id: {n: float(v) for n, v in zip(names, figures, strict=True) if v is not None}
        for id, *figures in rows
    }
    return [replace(run, summary={**known.get(run.id, {}), **run.summary}) for run in runs]


def choices(db: sqlite3.Connection) -> list[Choice]:
    """All columns that there are: those of lists, figures, then every setting."""
    # Imports pydantic: only for those who choose.
    from engine.contract.kinds import kinds
    from engine.contract.schema import settings

    ours = {each.name: _ABOUT.get(each.name, "") for each in COLUMNS}
    scored = dict.fromkeys(
        (*_scores(), *figures(db)), "figure of a run's own result, or its summary"
    )
    paths = {
        setting.path: setting.help.split("\n")[0] for kind in kinds() for setting in settings(kind)
    }
    return [
        Choice(name, about)
        for name, about in {**ours, **_less(scored, ours), **_less(paths, ours)}.items()
    ]


def _less(some: dict[str, str], other: dict[str, str]) -> dict[str, str]:
    return {name: about for name, about in some.items() if name not in other}


def _scores() -> list[str]:
    """Keys that are scores and no columns of lists."""
    names = {each.name for each in COLUMNS}
    return [key.name for key in KEYS.values() if key.exact and key.name not in names]
