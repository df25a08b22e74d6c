"""A table of figures as CSV, JSON, Markdown, LaTeX or Parquet: what a screen had, for a file.

Markdown and LaTeX say what a person read; the others have the values exactly.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from engine.contract import finite
from graftui.results.cells import Cell, Section, Table
from graftui.results.export import grid, parquet, sheet


def to_markdown(table: Table) -> str:
    """A table a section, its title above it; what is to be known of it below."""
    parts = [
        (f"**{section.title}**\n\n" if section.title else "")
        + grid.markdown(table.titles, _texts(section))
        for section in table.sections
        if section.rows
    ]
    return "\n".join([*parts, *(f"{note}\n" for note in table.notes)])


def to_latex(table: Table) -> str:
    """One tabular for booktabs, after comments; a section begins with its title."""
    rows = [row for section in table.sections for row in (*_head(section, table), *_texts(section))]
    comments = "".join(f"% {' '.join(note.split())}\n" for note in table.notes)
    return comments + grid.latex(table.titles, rows)


def _head(section: Section, table: Table) -> list[list[str]]:
    return [[section.title, *("" for _ in table.heads)]] if section.title else []


def _texts(section: Section) -> list[list[str]]:
    return [[row.name, *(cell.text for cell in row.cells)] for row in section.rows]


def to_csv(table: Table, raw: bool = False) -> str:
    """A line a row, its section first; `raw`: text that begins as a formula does is left so."""
    return sheet.text_of(*_lines(table), raw)


def to_parquet(table: Table) -> bytes:
    """The same lines."""
    return parquet.bytes_of(*_lines(table))


def _lines(table: Table) -> tuple[list[str], list[list[Any]]]:
    """Titles and rows, exactly."""
    several = any(section.title for section in table.sections)
    titles = [*(["section"] if several else []), *table.titles]
    return titles, [
        [*([section.title] if several else []), row.name, *map(_exact, row.cells)]
        for section, row in table.lines()
    ]


def _exact(cell: Cell) -> Any:
    return "" if cell.value is None else cell.value


def to_json(table: Table) -> str:
    """A list of rows, each with the value of each column."""
    return finite.dumps(objects(table)) + "\n"


def to_json_lines(table: Table) -> str:
    """A JSON object a row."""
    return finite.lines(objects(table))


def objects(table: Table) -> list[dict[str, Any]]:
    """Its rows for programs: a value a column, in their order, as two heads may be the same."""
    return [
        {
            "section": section.title,
            "name": row.name,
            "values": [
                {"column": head, "value": cell.value, "text": cell.text}
                for head, cell in zip(table.heads, row.cells, strict=True)
            ],
        }
        for section, row in table.lines()
    ]


FORMATS: dict[str, Callable[[Table], str | bytes]] = {
    "csv": to_csv,
    "raw csv": partial(to_csv, raw=True),
    "json": to_json,
    "jsonl": to_json_lines,
    "md": to_markdown,
    "latex": to_latex,
    "parquet": to_parquet,
}
