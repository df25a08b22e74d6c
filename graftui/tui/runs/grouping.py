"""The groups of the runs, kept from one look to the next.

Owns what need not be found out again: of which group each is where only settings decide that, which
never change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graftui.registry.query.listed import stamps
from graftui.registry.query.tree import Query
from graftui.scheduler.condition import observed
from graftui.tui.feed import Source
from graftui.tui.runs.kept import Kept

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
        self._kept = Kept()
        self._order: tuple[object, ...] = ()

    def read(self, source: Source, asked: Grouping, where: Query) -> tuple[RunGroup, ...]:
        """The runs that meet `where` in groups, as they are now. Raises UsageError."""
        from graftui.results.run_groups import by_settings, grouped, with_runs  # import pydantic

        order = tuple(stamps(source.store.db, where, asked.sort))
        if (order, asked) == (self._order, self._asked):
            return self.made
        same = self._asked
        runs = observed(
            source.settings, self._kept.read(source.store, order, asked.columns), source.now
        )
        of = {run.id for group in self.made for run in group.runs}
        if (
            same and same.by == asked.by and by_settings(asked.by)
            and of == {run.id for run in runs}
        ):  # fmt: skip
            self.made = with_runs(self.made, runs, asked.sort, source.now)
        else:
            self.made = grouped(source.store, runs, asked.by, asked.sort, source.now)
        self._order, self._asked = order, asked
        return self.made
