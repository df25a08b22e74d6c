"""A pivot as CSV, JSON, Markdown, LaTeX or Parquet. Pure functions.

Markdown and LaTeX say what a person read; the others have a line for each entry that is known.
"""

from collections.abc import Callable
from functools import partial

from engine.contract import finite
from graftui.results.export import cells, grid, parquet, sheet
from graftui.results.pivots import Pivot, records, table, titles


def to_markdown(made: Pivot) -> str:
    """A table, and below it what is to be known of it."""
    return cells.to_markdown(table(made))


def to_latex(made: Pivot) -> str:
    """A tabular for booktabs, after comments; what rows are of stands above them."""
    whole = table(made)
    comments = "".join(f"% {' '.join(note.split())}\n" for note in whole.notes)
    lines = [[row.name, *(cell.text for cell in row.cells)] for _, row in whole.lines()]
    return comments + grid.latex(whole.titles, lines)


def to_csv(made: Pivot, raw: bool = False) -> str:
    """`raw`: text that begins as a formula does is left so."""
    heads = titles(made)
    rows = ([entry[name] for name in heads] for entry in records(made))
    return sheet.text_of(heads, rows, raw)


def to_parquet(made: Pivot) -> bytes:
    """The same rows."""
    heads = titles(made)
    return parquet.bytes_of(heads, [[entry[name] for name in heads] for entry in records(made)])


def to_json(made: Pivot) -> str:
    """Its keys, its records, and what is not in it."""
    whole = {
        "rows": made.rows, "cols": made.cols, "over": made.source.over, "split": made.split,
        "missing": made.missing, "entries": records(made), "notes": made.source.notes,
    }  # fmt: skip
    return finite.dumps(whole) + "\n"


def to_json_lines(made: Pivot) -> str:
    """A JSON object an entry."""
    return finite.lines(records(made))


FORMATS: dict[str, Callable[[Pivot], str | bytes]] = {
    "csv": to_csv,
    "raw csv": partial(to_csv, raw=True),
    "json": to_json,
    "jsonl": to_json_lines,
    "md": to_markdown,
    "latex": to_latex,
    "parquet": to_parquet,
}
