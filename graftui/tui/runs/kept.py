"""Runs that are kept from one look to the next.

Owns what need not be read again: those that are as they were. What is to be said of one just now
(that it is stalled, say) hangs on the clock, and is no part of it.
"""

from collections.abc import Sequence

from graftui.models import Run
from graftui.registry.query.tree import Condition
from graftui.registry.store import Store
from graftui.results.chosen_columns import with_figures
from graftui.results.columns import column

Stamps = Sequence[tuple[str, object]]
"""Of each run its id, and what is another whenever it has changed."""


class Kept:
    """The runs of the last look."""

    def __init__(self) -> None:
        self._columns: tuple[str, ...] = ()
        self._runs: dict[str, tuple[object, Run]] = {}

    def read(self, store: Store, order: Stamps, columns: tuple[str, ...]) -> tuple[Run, ...]:
        """The runs of `order`, with the figures of `columns`; without one deleted meanwhile."""
        known = self._runs if columns == self._columns else {}
        changed = [id for id, stamp in order if id not in known or known[id][0] != stamp]
        read = store.list(where=Condition("id", "=", tuple(changed))) if changed else []
        new = {run.id: run for run in with_figures(store, read, map(column, columns))}
        self._columns = columns
        self._runs = {id: (stamp, new[id]) if id in new else known[id] for id, stamp in order
                      if id in new or id in known}  # fmt: skip
        return tuple(run for _, run in self._runs.values())
