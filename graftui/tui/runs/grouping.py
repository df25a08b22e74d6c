"""The groups of the runs, kept from one look to the next.

Owns what need not be read again: runs that are as they were, and of which group each is where only
settings decide that, which never change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graftui.models import Run
from graftui.registry.query.listed import stamps
from graftui.registry.query.tree import Condition, Query
from graftui.results.chosen_columns import with_figures
from graftui.results.columns import column
from graftui.scheduler.condition import observed
from graftui.tui.feed import Source

if TYPE_CHECKING:  # it imports pydantic, which the first paint does not wait for
    from graftui.results.run_groups import RunGroup


@dataclass(frozen=True, slots=True)
class Grouping:
    """What is asked of the groups."""

    by: tuple[str, ...]
    sort: str
    columns: tuple[str, ...]


class Groups:
    """The groups as of the last look."""

    def __init__(self) -> None:
        self.made: tuple[RunGroup, ...] = ()
        self._asked: Grouping | None = None
        self._runs: dict[str, tuple[object, Run]] = {}
        """By id: what it was known by when it was read, and the run."""
        self._order: tuple[object, ...] = ()

    def read(self, source: Source, asked: Grouping, where: Query) -> tuple[RunGroup, ...]:
        """The runs that meet `where` in groups, as they are now. Raises UsageError."""
        from graftui.results.run_groups import by_settings, grouped, with_runs  # import pydantic

        if self._asked is None or self._asked.columns != asked.columns:
            self._runs = {}
        order = tuple(stamps(source.store.db, where, asked.sort))
        if (order, asked) == (self._order, self._asked):
            return self.made
        before, same = set(self._runs), self._asked
        runs = self._read_changed(source, asked, order)
        if same and same.by == asked.by and before == set(self._runs) and by_settings(asked.by):
            self.made = with_runs(self.made, runs, asked.sort, source.now)
        else:
            self.made = grouped(source.store, runs, asked.by, asked.sort, source.now)
        self._order, self._asked = order, asked
        return self.made

    def _read_changed(
        self, source: Source, asked: Grouping, order: tuple[tuple[str, object], ...]
    ) -> list[Run]:
        """All runs in order, of which those are read that are not as they were."""
        known = self._runs
        changed = [id for id, stamp in order if id not in known or known[id][0] != stamp]
        read = source.store.list(where=Condition("id", "=", tuple(changed))) if changed else []
        shown = with_figures(source.store, read, map(column, asked.columns))
        seen = {run.id: run for run in observed(source.settings, shown, source.now)}
        runs = {id: (stamp, seen.get(id) or known[id][1]) for id, stamp in order
                if id in seen or id in known}  # fmt: skip
        self._runs = runs
        return [run for _, run in runs.values()]
