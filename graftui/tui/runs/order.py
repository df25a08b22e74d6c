"""The orders of the table of runs, by choice or by the head of a column."""

from collections.abc import Iterable

from graftui.results.columns import column
from graftui.tui.dialogs.choice import Option

_ALWAYS = (
    Option("-created", "newest first", ""),
    Option("created", "oldest first", ""),
)


def options(names: Iterable[str]) -> list[Option]:
    """The orders by time, then those of the columns of these names."""
    orders = dict.fromkeys(column(name).sort for name in names)
    by_column = [Option(key, key.removeprefix("-"), _way(key)) for key in orders]
    return [*_ALWAYS, *(each for each in by_column if each.key != "-created")]


def by_column(name: str, sort: str) -> str:
    """That of a column's head; of the one in force, turned round."""
    key = column(name).sort
    return turned(key) if key == sort else key


def turned(sort: str) -> str:
    """The other way round."""
    return sort[1:] if sort.startswith("-") else f"-{sort}"


def _way(key: str) -> str:
    return "greatest first" if key.startswith("-") else ""
