"""A table of figures as a value: what each cell says, and what it is exactly.

The command line and the dashboard draw it, and results/export writes it: what is read on a screen
is what a file holds. Imports nothing heavy.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What a cell is to the eye."""

    plain = "plain"
    best = "best"
    """The best of its row."""
    differs = "differs"
    """A setting in which the columns differ."""
    worse = "worse"
    """Of a difference: below the baseline by more than its spread."""
    better = "better"
    muted = "muted"


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place of a table."""

    text: str = ""
    value: Any = None
    """The same exactly, for programs; None: there is none."""
    role: Role = Role.plain
    level: int | None = None
    """Its shade, 0 to results.heat.LEVELS, where the table is a heat map."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line: what it is of, and a cell a column."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that belong together."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by section, under a head a column."""

    heads: tuple[str, ...]
    sections: tuple[Section, ...]
    corner: str = ""
    """Stands over the names of the rows."""
    notes: tuple[str, ...] = ()
    """What is to be known of it, a sentence each."""

    @property
    def titles(self) -> list[str]:
        """All heads, that of the names first."""
        return [self.corner, *self.heads]

    def lines(self) -> Iterator[tuple[Section, Row]]:
        """Every row, with the section that it is in."""
        for section in self.sections:
            for row in section.rows:
                yield section, row
