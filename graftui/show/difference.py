"""What `diff` prints: a sentence, what differs, group by group, the results, and the gaps."""

import re
from typing import Any

from graftui.planning.values import written
from graftui.results.explained import Explained
from graftui.results.figures import change, subject
from graftui.show import tables
from graftui.terminal import Console, Table, Text

_DIGEST = re.compile(r"[0-9a-f]{16,}")
_SHORT = 10
"""Digits of a digest that are shown."""


def show(explained: Explained, console: Console) -> None:
    """All of it."""
    for run in explained.runs:
        about = (run.id, "bold"), f"  {run.name}  {subject(run)}  ", tables.status(run)
        console.print(Text.assemble(*about))
    console.print(explained.sentence)
    for name, listed in explained.known.groups.items():
        if listed:
            console.print(name, style="bold")
            console.print(_table([(d.what, *map(_value, d.values), d.note) for d in listed]))
    if explained.scores:
        console.print("results", style="bold")
        rows = [
            (score.title, *score.words.split(" → "), change(score.name, score.by))
            for score in explained.scores
        ]
        console.print(_table(rows))
    for id, lacking in explained.known.unrecorded.items():
        console.print(f"not recorded of {id}: {', '.join(lacking)}", style="dim")


def _table(rows: list[tuple[str, ...]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="cyan")
    for style in ("", "", "dim"):
        table.add_column(style=style, overflow="fold")
    for what, *cells in rows:
        table.add_row(f"  {what}", *cells)
    return table


def _value(value: Any) -> str:
    text = "none" if value is None else written(value)
    return text[:_SHORT] if _DIGEST.fullmatch(text) else text
