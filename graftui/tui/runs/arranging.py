"""What of the runs is shown, and how: their columns, their order, their groups, and views of these.

Owns what is remembered of it.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from textual import on
from textual.binding import Binding
from textual.reactive import reactive

from graftui.results.chosen_columns import BUT_SEED
from graftui.settings import Settings
from graftui.tui import jobs
from graftui.tui.cells import Columns
from graftui.tui.dialogs.choice import ChoiceScreen
from graftui.tui.dialogs.line import LineScreen
from graftui.tui.messages import ColumnsListed, GroupKeys
from graftui.tui.reader import Reader
from graftui.tui.remembered import Remembered
from graftui.tui.runs.choosing import ColumnsScreen
from graftui.tui.runs.feed import GroupLine
from graftui.tui.runs.filter import FilterBar
from graftui.tui.runs.marking import MarkingScreen
from graftui.tui.runs.order import by_column, options
from graftui.tui.runs.table import RunTable
from graftui.tui.runs.views import (
    FIRST_VIEWS,
    Outcome,
    View,
    ViewsScreen,
    checked_columns,
    checked_views,
    written_views,
)
from graftui.tui.verbs.opening import opening

_COLUMNS, _VIEWS = "runs.columns", "runs.views"
"""What they are remembered as."""


class ArrangedScreen(MarkingScreen):
    """A screen with a table of runs that its user arranges."""

    BINDINGS = [
        Binding("s", "sort", "Sort", show=False, id="runs.sort",
                tooltip="sort by any column; a click on its head does so too"),
        Binding("o", "columns", "Columns", show=False, id="runs.columns",
                tooltip="choose the columns: any setting, any figure; move and widen them"),
        Binding("b", "group", "Group by", show=False, id="runs.group",
                tooltip="group by any keys: train.lr,kind; by none: no groups"),
        Binding("B", "over_seeds", "Over seeds", show=False, id="runs.over_seeds",
                tooltip="group by all but the seed: mean and deviation over seeds; again: none"),
        Binding("i", "nest", "Inputs", show=False, id="runs.inputs",
                tooltip="a run below the one that it is made from, as a tree; again: a list"),
        Binding("v", "views", "Views", show=False, id="runs.views",
                tooltip="views: keep columns, order, filter and groups by name, and switch"),
        Binding("plus", "unfold", "Unfold", key_display="+", show=False, id="runs.unfold",
                tooltip="open all groups, or close them"),
    ]  # fmt: skip

    columns: reactive[Columns] = reactive((), init=False, repaint=False)
    """Those that were chosen; none: those that there is room for."""

    def __init__(self, settings: Settings, reader: Reader, remembered: Remembered) -> None:
        super().__init__(settings, reader, id="runs")
        self._remembered = remembered

    def on_mount(self) -> None:
        """As it was left the last time."""
        self.columns = self._remembered.get(_COLUMNS, checked_columns, ())

    def watch_page(self) -> None:
        """Ask the reader."""
        self.ask()

    def watch_columns(self, columns: Columns) -> None:
        """Show them, and read what they need."""
        self.query_one(RunTable).have(columns, bool(self.page.by))
        self.page = replace(self.page, columns=tuple(name for name, _ in columns))

    @on(RunTable.HeadClicked)
    def _head_clicked(self, event: RunTable.HeadClicked) -> None:
        self._sort(by_column(event.name, self.page.sort))

    def _sort(self, key: str | None) -> None:
        if key:
            self.page = replace(self.page, sort=key, page=0)

    def action_sort(self) -> None:
        """Choose the order."""
        names = (name for name, _ in self.query_one(RunTable).layout_now)
        self.app.push_screen(ChoiceScreen("Sort by", options(names), self.page.sort), self._sort)

    def action_columns(self) -> None:
        """Choose from all columns there are."""
        job = partial(jobs.list_columns, self.settings)
        opening(self, "Reading the columns", job, self._choose_columns)

    def _choose_columns(self, listed: ColumnsListed) -> None:
        shown = self.columns or _as_they_come(self.query_one(RunTable).layout_now)
        self.app.push_screen(ColumnsScreen(listed.columns, shown), self._chose_columns)

    def _chose_columns(self, columns: Columns | None) -> None:
        if columns is not None:
            self.columns = columns
            self._remembered.put(_COLUMNS, columns or None)

    def action_over_seeds(self) -> None:
        """All but the seed, or no groups."""
        self.group_by(() if self.page.by == (BUT_SEED,) else (BUT_SEED,))

    def action_group(self) -> None:
        """Ask by what."""
        note = f"keys with commas between: train.lr,kind - or {BUT_SEED}; none: no groups"
        job = partial(jobs.group_keys, self.settings)
        question = LineScreen("Group by", note, job, ",".join(self.page.by))
        self.app.push_screen(question, self._group_by_typed)

    def _group_by_typed(self, typed: GroupKeys | None) -> None:
        if typed is not None:
            self.group_by(typed.by)

    def action_unfold(self) -> None:
        """All groups that are in view; if one is open, none."""
        lines = self.query_one(RunTable).lines
        groups = frozenset(line.key for line in lines if isinstance(line, GroupLine))
        self.page = replace(self.page, opened=frozenset() if self.page.opened else groups)

    def group_by(self, by: tuple[str, ...]) -> None:
        """Show the runs in groups, all closed; of no keys, without groups."""
        self.page = replace(self.page, by=by, opened=frozenset(), page=0)
        self.query_one(RunTable).have(self.columns, bool(by))

    def action_nest(self) -> None:
        """Runs below their inputs, or not any more; groups have none."""
        self.page = replace(self.page, nested=not self.page.nested, page=0)
        self.group_by(())

    def action_views(self) -> None:
        """Switch to another view, keep this one, delete one."""
        views = self._remembered.get(_VIEWS, checked_views, FIRST_VIEWS)
        self.app.push_screen(ViewsScreen(views, self._view()), self._views_left)

    def _view(self) -> View:
        """What is shown, as a view."""
        page = self.page
        return View(page.text, page.sort, page.by, self.columns, page.nested)

    def _views_left(self, outcome: Outcome | None) -> None:
        if outcome is None:
            return
        self._remembered.put(_VIEWS, written_views(outcome.views))
        if view := outcome.views.get(outcome.chosen):
            self.columns = view.columns
            self.query_one(FilterBar).put(view.text)
            self.page = replace(self.page, text=view.text, sort=view.sort, nested=view.nested)
            self.group_by(view.by)

    @on(RunTable.GroupOpened)
    def _group_opened(self, event: RunTable.GroupOpened) -> None:
        self.page = replace(self.page, opened=self.page.opened ^ {event.key})


def _as_they_come(layout: Sequence[tuple[str, int]]) -> Columns:
    return tuple((name, 0) for name, _ in layout)
