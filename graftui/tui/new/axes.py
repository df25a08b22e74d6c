"""Axes that are typed into a form: several values where a field takes one, as `--grid` has them.

    13,21,42    "a, b",c    [1e-4,1e-3],[1e-2]

Owns which fields hold an axis. What is left as it was prefilled holds none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graftui.errors import UsageError
from graftui.planning.sweeps import axes
from graftui.planning.sweeps.axes import Values
from graftui.tui.form import Entry, Form, Value


@dataclass(frozen=True, slots=True)
class Grid:
    """What is typed into a form, axes apart."""

    filled: dict[str, Value]
    """All fields, where there is an axis with its first value."""
    axes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Path of a field -> its values as typed."""
    problems: dict[str, str] = field(default_factory=dict)
    """Path of a field -> what is wrong with its values as an axis."""


def read(form: Form, filled: Mapping[str, Value]) -> Grid:
    """The axes in a filled form."""
    grid = Grid(dict(filled))
    for entry in form.entries:
        text = filled.get(entry.path, entry.shown)
        if not entry.part or isinstance(text, bool) or text == entry.shown:
            continue
        try:
            items = axes.several(entry.setting, text)
        except ValueError as error:
            grid.problems[entry.path] = f"{error}; in quotes, commas are part of the text"
            continue
        if len(items) > 1:
            grid.axes[entry.path] = items
            grid.filled[entry.path] = items[0]
            grid.problems.update(_twice(entry, items))
    fresh = grid.filled.get("fresh")
    return grid if not (grid.axes and fresh) else _not_fresh(grid)


def values(form: Form, grid: Grid) -> Values:
    """The axes with the values that they mean. Raises ValueError for one that is wrong."""
    settings = {entry.path: entry.setting for entry in form.entries}
    return {
        path: tuple(axes.typed(settings[path], item) for item in items)
        for path, items in grid.axes.items()
    }


def _twice(entry: Entry, items: tuple[str, ...]) -> dict[str, str]:
    """The field and its problem, if a value is there twice."""
    try:
        axis = tuple(axes.typed(entry.setting, item) for item in items)
        axes.checked(axes.Axes({entry.path: axis}))
    except ValueError:  # said of the value by itself
        return {}
    except UsageError as error:
        return {entry.path: error.message}
    return {}


def _not_fresh(grid: Grid) -> Grid:
    said = "a grid makes nothing again that is done: say no here, or take the axes out"
    return Grid(grid.filled, grid.axes, {**grid.problems, "fresh": said})
